"""Cleanup: finished jobs and old firings are deleted when their retention ends, until nothing is due."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from dj_queue.config.options import Options
from dj_queue.contract import Status, events
from dj_queue.models import Job, RecurringExecution
from dj_queue.operations.batches import GoesOn, keys_in_batches, to_the_end
from dj_queue.operations.policy import hash_key
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services

BATCH = 500
ENDED_WELL = (Status.SUCCESSFUL, Status.CANCELLED, Status.DISCARDED)
DEFAULT_FIRINGS_KEPT = timedelta(days=7).total_seconds()


@dataclass(frozen=True, slots=True)
class Retention:
    """Seconds that what is over is kept, by kind; None keeps it for ever."""

    finished_jobs: float | None = None
    failed_jobs: float | None = None
    firings: float | None = None

    @classmethod
    def of(cls, options: Options) -> "Retention":
        """What the options say."""
        firings = options.clear_recurring_executions_after or DEFAULT_FIRINGS_KEPT
        return cls(options.clear_finished_jobs_after, options.clear_failed_jobs_after, firings)


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which jobs and firings a retention is applied to: None is all of them."""

    task_path: str | None = None
    """The jobs of one task."""
    recurring_key: str | None = None
    """The firings of one recurring task."""


type Told = Callable[[int], object]
"""Called with the number of rows after each batch that was deleted."""

type Batches = tuple[int, Told, GoesOn]
"""How large they are, who is told of each, and who says whether to go on."""


def _nobody(count: int) -> None:
    """Nobody wants to know."""


def prune_by_retention(services: Services, goes_on: GoesOn = to_the_end) -> int:
    """Delete what the options say is over; loops until nothing is due. Returns how many rows."""
    return sum(prune(services, Retention.of(services.options), goes_on=goes_on).values())


def prune(
    services: Services,
    retention: Retention,
    narrowing: Narrowing = Narrowing(),
    batch_size: int = BATCH,
    told: Told = _nobody,
    goes_on: GoesOn = to_the_end,
) -> dict[str, int]:
    """Delete what this retention says is over, until nothing is due; returns how many of each kind it covers."""
    counts: dict[str, int] = {}
    batches: Batches = (batch_size, told, goes_on)
    for kind, statuses, older_than in _kinds(retention):
        if older_than is not None:
            counts[kind] = sum(
                _prune_jobs(services, status, older_than, narrowing.task_path, batches) for status in statuses
            )
    if retention.firings is not None:
        firings = _firings(services, retention.firings, narrowing.recurring_key)
        counts["recurring firings"] = _delete_in_batches(services, firings, *batches)
    return counts


def count_due(services: Services, retention: Retention, narrowing: Narrowing = Narrowing()) -> int:
    """How many rows `prune` would delete now."""
    total = 0
    for _kind, statuses, older_than in _kinds(retention):
        if older_than is not None:
            total += sum(_jobs(services, each, older_than, narrowing.task_path).count() for each in statuses)
    if retention.firings is not None:
        total += _firings(services, retention.firings, narrowing.recurring_key).count()
    return total


def prune_jobs(
    services: Services,
    status: Status,
    older_than: float,
    batch_size: int = BATCH,
    told: Told = _nobody,
    goes_on: GoesOn = to_the_end,
) -> int:
    """Delete the jobs of one finished status that ended more than `older_than` seconds ago."""
    before = services.dialect.now() - timedelta(seconds=older_than)
    total = 0
    while goes_on():
        count = in_transaction(
            services, lambda: services.dialect.prune(services.alias, status, before, batch_size)
        )
        total += count
        told(count)
        if count < batch_size:
            break
    if total and services.broadcasts.event:
        services.broadcasts.event(event=events.Event(events.PRUNE, services.alias, 0.0, total))
    return total


def _kinds(retention: Retention) -> tuple[tuple[str, tuple[Status, ...], float | None], ...]:
    return (
        ("finished jobs", ENDED_WELL, retention.finished_jobs),
        ("failed jobs", (Status.FAILED,), retention.failed_jobs),
    )


def _prune_jobs(
    services: Services, status: Status, older_than: float, task_path: str | None, batches: Batches
) -> int:
    if task_path is None:
        return prune_jobs(services, status, older_than, *batches)
    return _delete_in_batches(services, _jobs(services, status, older_than, task_path), *batches)


def _jobs(services: Services, status: Status, older_than: float, task_path: str | None) -> QuerySet[Job]:
    """The jobs of one finished status, of one task or of all, that ended more than `older_than` seconds ago."""
    before = services.dialect.now() - timedelta(seconds=older_than)
    jobs = Job.objects.using(services.database.alias).filter(
        backend_alias=services.alias, status=status, finished_at__lt=before
    )
    return jobs if task_path is None else jobs.filter(task_path=task_path)


def _firings(services: Services, older_than: float, key: str | None) -> QuerySet[RecurringExecution]:
    """The records of slots, of one recurring task or of all, that were enqueued more than `older_than` seconds ago."""
    before = services.dialect.now() - timedelta(seconds=older_than)
    rows = RecurringExecution.objects.using(services.database.alias)
    rows = rows.filter(backend_alias=services.alias, created_at__lt=before)
    return rows if key is None else rows.filter(key_hash=hash_key(services.alias, key))


def _delete_in_batches(
    services: Services, rows: QuerySet[Any], batch_size: int, told: Told, goes_on: GoesOn
) -> int:
    total = 0
    for ids in keys_in_batches(rows, batch_size, goes_on):
        deleted, _ = in_transaction(services, rows.filter(pk__in=ids).delete)
        total += deleted
        told(deleted)
    return total
