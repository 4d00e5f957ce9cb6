"""What happens while the runtime works, as facts for hooks: processes, jobs, timings, samples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from dj_queue.contract.jobs import OutcomeKind


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """One registered process."""

    id: UUID
    kind: str
    """`supervisor`, `worker`, `dispatcher` or `scheduler`."""
    name: str
    backend_alias: str
    pid: int
    hostname: str


@dataclass(frozen=True, slots=True)
class JobInfo:
    """One job as hooks see it. Arguments are left out on purpose: they may be sensitive."""

    id: UUID
    task_path: str
    queue_name: str
    priority: int
    backend_alias: str
    attempt: int
    enqueued_at: datetime | None = None
    run_after: datetime | None = None
    """When the attempt was due, where that was later than the enqueue: scheduled jobs and retries."""


@dataclass(frozen=True, slots=True)
class OutcomeInfo:
    """How an attempt ended, after it was recorded."""

    kind: OutcomeKind
    seconds: float | None
    """Run time of the attempt; None where it never ran here."""
    error_class: str | None = None
    retry_delay: float | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A timing of the runtime."""

    name: str
    backend_alias: str
    seconds: float = 0.0
    count: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)


CLAIM = "claim"
FINISH = "finish"
FENCED = "fenced"
PROMOTE = "promote"
ADMIT = "admit"
RECOVER = "recover"
PRUNE = "prune"
FIRE = "fire"
WAKEUP = "wakeup"
EVENT_NAMES = frozenset({CLAIM, FINISH, FENCED, PROMOTE, ADMIT, RECOVER, PRUNE, FIRE, WAKEUP})


@dataclass(frozen=True, slots=True)
class Sample:
    """One metric value at the time of a scrape."""

    name: str
    value: float
    help: str = ""
    kind: str = "gauge"
    """`gauge` or `counter`."""
    labels: Mapping[str, str] = field(default_factory=dict)
