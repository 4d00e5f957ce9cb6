"""Jobs that an operator takes in hand: failed ones are retried or discarded, waiting ones discarded."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from itertools import batched
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from dj_queue.contract import Status
from dj_queue.exceptions import JobNotFound
from dj_queue.models import Job
from dj_queue.operations.announce import announce, due_in
from dj_queue.operations.concurrency import let_in
from dj_queue.operations.moments import as_utc
from dj_queue.operations.transactions import after_commit, in_transaction
from dj_queue.services import Services, services_for

BATCH = 500
AGAIN = {"finished_at": None, "process_id": None, "claimed_at": None, "lost": 0, "slot_until": None}
"""What a failed job forgets before it runs again."""
ORDERS = {
    Status.READY: ("queue_name", "-priority", "id"),
    Status.SCHEDULED: ("run_after",),
    Status.BLOCKED: ("concurrency_hash", "slot_until", "-priority", "id"),
    Status.FAILED: ("finished_at",),
}
"""By status: the order of the index that holds its jobs."""


def retry_failed_job(job_id: UUID | str, *, backend_alias: str = "default") -> Job:
    """Make a failed job ready again; its errors stay. Returns the job.

    Raises:
        JobNotFound: no failed job of this backend alias has the id.
    """
    services = services_for(backend_alias)
    job = _failed_job(services, job_id)
    if not _retry(services, [job.id]):
        raise JobNotFound(f"job {job_id} is not failed any more")
    return _retried(services, job, {**AGAIN, "status": Status.READY})


def retry_failed_jobs(
    *, job_ids: Iterable[UUID | str] | None = None, batch_size: int = BATCH, backend_alias: str = "default"
) -> int:
    """Make failed jobs ready again, all or the ones named, in short transactions; returns how many.

    Raises:
        JobNotFound: something among `job_ids` is no job id; nothing was changed.
    """
    services = services_for(backend_alias)
    parts = _parts(_in_status(services, Status.FAILED), job_ids, batch_size)
    batches = (ids for part in parts for ids in _batches(part, Status.FAILED, batch_size))
    return sum(_retry(services, ids) for ids in batches)


def schedule_failed_job_retry(
    job_id: UUID | str, *, retry_at: datetime, backend_alias: str = "default"
) -> Job:
    """Make a failed job run again at `retry_at`, by the database's clock; its errors stay. Returns the job.

    Raises:
        JobNotFound: no failed job of this backend alias has the id.
        ValueError: the moment is naive though USE_TZ is on, or not every database can hold it.
    """
    services = services_for(backend_alias)
    due = as_utc(retry_at)
    job = _failed_job(services, job_id)
    failed = _in_status(services, Status.FAILED).filter(id=job.id)
    changes = {**AGAIN, "status": Status.SCHEDULED, "run_after": due}
    if not in_transaction(services, lambda: failed.update(**changes)):
        raise JobNotFound(f"job {job_id} is not failed any more")
    announce(services, due_in(services, (due - datetime.now(UTC)).total_seconds()))
    return _retried(services, job, changes)


def discard_failed_job(job_id: UUID | str, *, backend_alias: str = "default") -> int:
    """Discard a failed job: it stays as discarded until its retention ends. Returns 1.

    Raises:
        JobNotFound: no failed job of this backend alias has the id.
    """
    services = services_for(backend_alias)
    job = _failed_job(services, job_id)
    failed = _in_status(services, Status.FAILED).filter(id=job.id)
    return discard_in_batches(services, failed, Status.FAILED, 1)


def discard_failed_jobs(
    *, job_ids: Iterable[UUID | str] | None = None, batch_size: int = BATCH, backend_alias: str = "default"
) -> int:
    """Discard failed jobs, all or the ones named; returns how many."""
    return _discard(Status.FAILED, job_ids, batch_size, backend_alias)


def discard_ready_jobs(
    *, job_ids: Iterable[UUID | str] | None = None, batch_size: int = BATCH, backend_alias: str = "default"
) -> int:
    """Discard ready jobs, all or the ones named; returns how many."""
    return _discard(Status.READY, job_ids, batch_size, backend_alias)


def discard_scheduled_jobs(
    *, job_ids: Iterable[UUID | str] | None = None, batch_size: int = BATCH, backend_alias: str = "default"
) -> int:
    """Discard scheduled jobs, all or the ones named; returns how many."""
    return _discard(Status.SCHEDULED, job_ids, batch_size, backend_alias)


def discard_blocked_jobs(
    *, job_ids: Iterable[UUID | str] | None = None, batch_size: int = BATCH, backend_alias: str = "default"
) -> int:
    """Discard blocked jobs, all or the ones named; returns how many."""
    return _discard(Status.BLOCKED, job_ids, batch_size, backend_alias)


def discard_in_batches(services: Services, jobs: QuerySet[Job], status: Status, batch_size: int) -> int:
    """Discard these jobs, all of one status, in short transactions; freed concurrency slots are handed on.

    That comes last: a job that gets in thereby is not one of these, though it may look like one then.
    """
    count, keys = 0, set[str]()
    for ids in _batches(jobs, status, batch_size):
        rows = jobs.filter(id__in=ids)
        keys |= _keys(rows)
        count += in_transaction(services, partial(_mark_discarded, services, rows))
    after_commit(services, partial(let_in, services, keys))
    return count


def _discard(
    status: Status, job_ids: Iterable[UUID | str] | None, batch_size: int, backend_alias: str
) -> int:
    services = services_for(backend_alias)
    parts = _parts(_in_status(services, status), job_ids, batch_size)
    return sum(discard_in_batches(services, part, status, batch_size) for part in parts)


def _mark_discarded(services: Services, rows: QuerySet[Job]) -> int:
    return rows.update(status=Status.DISCARDED, finished_at=services.dialect.now(), slot_until=None)


def _retry(services: Services, ids: list[UUID]) -> int:
    failed = _in_status(services, Status.FAILED).filter(id__in=ids)
    keys = _keys(failed)
    queues = set(failed.values_list("queue_name", flat=True).distinct())

    def write() -> int:
        count = failed.filter(concurrency_hash=None).update(status=Status.READY, **AGAIN)
        return count + failed.exclude(concurrency_hash=None).update(status=Status.BLOCKED, **AGAIN)

    count = in_transaction(services, write)
    announce(services, queues)
    after_commit(services, partial(let_in, services, keys))
    return count


def _retried(services: Services, job: Job, changes: Mapping[str, Any]) -> Job:
    """The stored job; where it has already run and is not kept, `job` as its retry left it."""
    stored = Job.objects.using(services.database.alias).filter(id=job.id).first()
    if stored is not None:
        return stored
    for name, value in changes.items():
        setattr(job, name, value)
    return job


def _failed_job(services: Services, job_id: UUID | str) -> Job:
    job = _in_status(services, Status.FAILED).filter(id=as_job_id(job_id)).first()
    if job is None:
        raise JobNotFound(f"no failed job {job_id} in backend alias {services.alias!r}")
    return job


def as_job_id(job_id: UUID | str) -> UUID:
    """The id that a caller gave as such or as text.

    Raises:
        JobNotFound: it is no job id.
    """
    try:
        return job_id if isinstance(job_id, UUID) else UUID(str(job_id))
    except ValueError:
        raise JobNotFound(f"{job_id!r} is not a job id") from None


def _in_status(services: Services, status: Status) -> QuerySet[Job]:
    jobs = Job.objects.using(services.database.alias).filter(backend_alias=services.alias, status=status)
    # True of all of them, and said so that an index of moments can be used.
    return jobs.filter(finished_at__isnull=not status.is_finished)


def _parts(jobs: QuerySet[Job], job_ids: Iterable[UUID | str] | None, size: int) -> Iterable[QuerySet[Job]]:
    """The jobs that are named, as many at once as one statement takes well; all of them when none are named."""
    if job_ids is None:
        return [jobs]
    wanted = sorted({as_job_id(job_id) for job_id in job_ids})
    return (jobs.filter(id__in=part) for part in batched(wanted, size))


def _batches(jobs: QuerySet[Job], status: Status, size: int) -> Iterator[list[UUID]]:
    """The ids of these jobs in the order of their index; a batch has left the status when the next is read.

    As many as there are at the start: jobs that keep coming do not keep this going.
    """
    in_order = jobs.order_by(*ORDERS[status]).values_list("id", flat=True)
    left = jobs.count()
    while ids := list(in_order[: min(size, left)]):
        yield ids
        left -= len(ids)


def _keys(jobs: QuerySet[Job]) -> set[str]:
    return {key for key in jobs.values_list("concurrency_hash", flat=True) if key is not None}
