"""What a job is on its way in, while claimed and on its way out: the rows a dialect reads and writes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID


class Status(StrEnum):
    """Where a job stands in its life. The value is what the database holds."""

    READY = "ready"
    SCHEDULED = "scheduled"
    BLOCKED = "blocked"
    CLAIMED = "claimed"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    CANCELLED = "cancelled"
    DISCARDED = "discarded"

    @property
    def is_finished(self) -> bool:
        """Whether the job's life has ended: only retention still touches the row."""
        return self in FINISHED


FINISHED = frozenset({Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.DISCARDED})


MOST_ATTEMPTS = 2**31 - 1
"""Where the counts of attempts and of lost attempts stay: their columns hold no more."""


class OutcomeKind(StrEnum):
    """How one attempt ended."""

    VALUE = "value"
    ERROR = "error"
    RETRY = "retry"
    RELEASE = "release"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Concurrency:
    """A job's claim on a concurrency key: at most `limit` jobs of one key are ready or claimed at once."""

    key: str
    key_hash: str
    limit: int
    duration: float
    """Seconds an admitted job may wait for a worker before its slot goes to another."""
    on_conflict: str
    """`block` waits for a slot; `discard` ends the job when no slot is free at its admission."""


class NewJob(NamedTuple):
    """One job to insert. `args_json` and `kwargs_json` are checked JSON text.

    A tuple because thousands are made at once: a frozen data class takes three times as long.
    """

    id: UUID
    backend_alias: str
    queue_name: str
    priority: int
    task_path: str
    args_json: str
    kwargs_json: str
    status: Status
    enqueued_at: datetime
    run_after: datetime | None = None
    on_crash: str = "retry"
    concurrency: Concurrency | None = None

    def __repr__(self) -> str:
        """Arguments are left out: they may be sensitive."""
        return f"NewJob({self.id}, {self.task_path}, queue {self.queue_name!r}, {self.status})"


class ClaimedJob(NamedTuple):
    """A job this process holds. (id, attempt) with the process is the fence for every later write.

    A tuple for the reason that `NewJob` is one, and so is an `Outcome`.
    """

    id: UUID
    attempt: int
    process_id: UUID
    queue_name: str
    priority: int
    task_path: str
    args: list[Any]
    kwargs: dict[str, Any]
    enqueued_at: datetime
    run_after: datetime | None
    started_at: datetime | None
    """When the first attempt started; None while none has."""
    errors: list[dict[str, Any]]
    """What earlier attempts ended with, oldest first: see `dj_queue.operations.errors`."""
    lost: int
    """How many attempts ended with their process."""
    on_crash: str
    concurrency_hash: str | None

    def __repr__(self) -> str:
        """Arguments and errors are left out: they may be sensitive."""
        return f"ClaimedJob({self.id}, {self.task_path}, queue {self.queue_name!r}, attempt {self.attempt})"


@dataclass(frozen=True, slots=True)
class Started:
    """One attempt that began to run: written for those still running, so that a crash knows them."""

    job_id: UUID
    attempt: int
    process_id: UUID
    started_at: datetime


class Outcome(NamedTuple):
    """How one attempt ended and what its row becomes. Written only where the fence still holds.

    The fence is (job_id, attempt, process_id) on a row that is claimed: whoever lost the claim changes
    nothing.
    """

    job_id: UUID
    attempt: int
    process_id: UUID
    kind: OutcomeKind
    status: Status
    """The row's next status: successful, failed, scheduled (to run again) or ready (released)."""
    started_at: datetime | None = None
    """When this attempt began, by the worker's clock; None where it never did."""
    ended_at: datetime | None = None
    value_json: str | None = None
    errors_json: str | None = None
    """The whole new list of the job's errors; None leaves the row's as they are."""
    retry_delay: float = 0.0
    """Seconds from now, by the database's clock, until a scheduled job is due again."""
    lost: int = 0
    """The job's new count of lost attempts."""
    concurrency_hash: str | None = None

    @property
    def never_started(self) -> bool:
        """Whether the attempt is given back uncounted: it was claimed but no line of the task ran."""
        return self.status is Status.READY and self.started_at is None


@dataclass(frozen=True, slots=True)
class Promoted:
    """What one promotion did: scheduled jobs that became ready, by queue, and keys that await admission."""

    count: int
    queues: frozenset[str]
    concurrency_hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Admitted:
    """What one admission did: queues that got ready jobs, and jobs discarded for want of a slot."""

    count: int
    queues: frozenset[str]
    discarded: frozenset[UUID]


NOTHING_ADMITTED = Admitted(0, frozenset(), frozenset())
