"""One attempt while this process holds it: the job, its task, what became of it."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

from dj_queue.contract import ClaimedJob, JobInfo, Outcome, Started
from dj_queue.operations import results
from dj_queue.task_types import AnyResult, AnyTask


@dataclass(slots=True, eq=False)
class Attempt:
    """A claimed job on its way through this process. Only the thread that runs it writes it."""

    job: ClaimedJob
    backend_alias: str
    claimed_at: float = field(default_factory=time.monotonic)
    task: AnyTask | None = None
    is_async: bool = False
    """Whether the task is a coroutine function."""
    _result: AnyResult | None = None
    started_at: datetime | None = None
    began: float = 0.0
    seconds: float | None = None
    board_slot: int | None = None
    is_marked: bool = False
    """Whether the row says that the attempt started."""
    is_marked_first: bool = False
    """Whether the row has to say so before the task's first line, since nothing else would know after a crash."""
    is_given_up: bool = False
    """Whether the stop interrupted it: whatever it still says is dropped."""
    is_refused: bool = False
    """Whether the outcome is the database's refusal to store another."""
    outcome: Outcome | None = None
    error: BaseException | None = None

    def must_be_marked(self) -> bool:
        """Whether its start has to be written before it: also for a task that may never run twice."""
        return self.is_marked_first or self.job.on_crash == "fail"

    def begin(self) -> None:
        """Note that the first line is about to run."""
        self.started_at = datetime.now(UTC)
        self.began = time.monotonic()

    def end(self) -> None:
        """Note how long it ran."""
        self.seconds = time.monotonic() - self.began

    @property
    def result(self) -> AnyResult:
        """The result that the task's context and receivers of signals see: made for the first who asks."""
        if self._result is None:
            self._result = self._made_result()
        return self._result

    def started(self) -> Started:
        """What the row is told of the start."""
        return Started(
            self.job.id, self.job.attempt, self.job.process_id, self.started_at or datetime.now(UTC)
        )

    def _made_result(self) -> AnyResult:
        if self.task is None:
            return results.result_of_unstarted(self.job, self.backend_alias)
        started_at = self.started_at or datetime.now(UTC)
        return results.result_of_claimed(self.job, self.task, self.backend_alias, started_at)

    def info(self) -> JobInfo:
        """The job as hooks see it."""
        job = self.job
        return JobInfo(
            job.id,
            job.task_path,
            job.queue_name,
            job.priority,
            self.backend_alias,
            job.attempt,
            job.enqueued_at,
            job.run_after,
        )
