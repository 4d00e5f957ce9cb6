"""Running the jobs of a test in its own thread, until nothing is left to do."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from dj_queue.contract import ClaimedJob, Outcome, Selector, Status, parse_selector
from dj_queue.operations import processes, recurring
from dj_queue.operations.claim import claim
from dj_queue.operations.concurrency import sweep
from dj_queue.operations.promote import make_due, next_due, postpone, promote_due, scheduled_ids
from dj_queue.runtime import by_hand
from dj_queue.services import Services, services_for
from dj_queue.testing.commits import as_committed

BATCH = 500
DEFAULT_MOST = 10_000


@dataclass(frozen=True, slots=True)
class JobRun:
    """One attempt that `run_jobs` made."""

    id: str
    """The job's id, as its `TaskResult` has it."""
    task_path: str
    attempt: int
    """Counted from 1."""
    status: Status
    """What became of the job: `successful`, `failed`, or `scheduled` for another attempt."""
    error: str
    """The traceback of an attempt that raised; empty otherwise."""


class TooManyJobs(AssertionError):
    """`run_jobs` stopped: the jobs of the test seem to enqueue jobs without end."""


def run_jobs(
    *,
    queues: str = "*",
    until: datetime | timedelta | None = None,
    most: int = DEFAULT_MOST,
    backend_alias: str = "default",
) -> list[JobRun]:
    """Run every job that is due, and those that these enqueue, in this thread; returns the attempts in order.

    Each runs as on a worker: by priority, within the limits of concurrency keys, with retries and signals.
    A task that raises fails its job, not the test. Inside of a `TestCase`, what a job leaves for a commit, on
    any of the test's databases, is done as it ends.

    Args:
        queues: selectors of the queues to run, such as `email*, default`.
        until: also do what would be due by this moment, or after this much time: scheduled jobs, retries, and
            the slots of recurring tasks, in the order of their moments.
        most: attempts after which something must be wrong.
        backend_alias: the key in TASKS.

    Raises:
        TooManyJobs: there were more than `most` attempts.
    """
    services = services_for(backend_alias)
    selectors = tuple(parse_selector(part.strip()) for part in queues.split(","))
    drain = Drain(services, selectors, most)
    with drain:
        drain.run_due()
        if until is not None:
            now = services.dialect.now()
            drain.run_until(now, now + until if isinstance(until, timedelta) else until)
    return drain.runs


class Drain:
    """A process of its own that claims and runs one job after the other."""

    def __init__(self, services: Services, selectors: tuple[Selector, ...], most: int) -> None:
        """Run jobs of these queues."""
        self.runs: list[JobRun] = []
        self._services = services
        self._selectors = selectors
        self._most = most
        self._process = processes.describe_process(services, "worker", uuid4())

    def __enter__(self) -> None:
        processes.register(self._services, self._process, None, {"by_hand": True})

    def __exit__(self, *raised: object) -> None:
        processes.deregister(self._services, self._process.id)

    def run_due(self) -> None:
        """Run what is due, and what that enqueues."""
        while (job := self._next()) is not None:
            if len(self.runs) == self._most:
                raise TooManyJobs(
                    f"{self._most} attempts were made and there is more to do: {job.task_path} is next"
                )
            with as_committed():
                outcome = by_hand.run(self._services, job)
            self.runs.append(_run_of(job, outcome))

    def run_until(self, now: datetime, end: datetime) -> None:
        """Have the time pass from `now` to `end`, from one moment at which something is due to the next."""
        recurring.sync_static(self._services)
        moment = now
        while True:
            slots = [
                (recurring.next_slot(task, moment), task) for task in recurring.active_tasks(self._services)
            ]
            upcoming = self._first([slot for slot, _task in slots])
            if upcoming is None or upcoming > end:
                return
            moment = max(moment, upcoming)
            for slot, task in slots:
                if slot == moment:
                    with as_committed():
                        recurring.fire(self._services, task, slot)
            make_due(self._services, moment)
            self._promote()
            waiting = scheduled_ids(self._services)
            self.run_due()
            # What these scheduled was scheduled at that moment, not at the clock's.
            postpone(self._services, scheduled_ids(self._services) - waiting, moment - now)

    def _next(self) -> ClaimedJob | None:
        self._promote()
        # In a transaction no commit lets them in.
        sweep(self._services)
        processes.heartbeat(self._services, {self._process.id})
        jobs = claim(self._services, self._selectors, 1, self._process.id)
        return jobs[0] if jobs else None

    def _promote(self) -> None:
        while promote_due(self._services, BATCH) == BATCH:
            pass

    def _first(self, slots: Sequence[datetime]) -> datetime | None:
        """The first of these moments and that of the next scheduled job."""
        due = next_due(self._services)
        return min([*slots, *([due] if due is not None else [])], default=None)


def _run_of(job: ClaimedJob, outcome: Outcome) -> JobRun:
    errors = json.loads(outcome.errors_json) if outcome.errors_json else []
    error = str(errors[-1]["traceback"]) if errors and errors[-1]["attempt"] == job.attempt else ""
    return JobRun(str(job.id), job.task_path, job.attempt, outcome.status, error)
