"""Recover: what a dead process held becomes runnable again, or fails by its task's policy."""

import logging
from collections.abc import Collection, Iterator
from functools import partial
from uuid import UUID

from django.db.models import QuerySet

from dj_queue.contract import MOST_ATTEMPTS, Outcome, OutcomeKind, Status, events
from dj_queue.exceptions import (
    ProcessExitError,
    ProcessMissingError,
    ProcessPrunedError,
)
from dj_queue.models import Job, Process
from dj_queue.operations import errors
from dj_queue.operations.finish import finish
from dj_queue.operations.outcome_reports import report
from dj_queue.operations.processes import forget_silent, silent_processes
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.recover")

BATCH = 200
NOTHING_KNOWN: frozenset[UUID] = frozenset()


def recover_process(
    services: Services,
    process_id: UUID,
    cause: ProcessExitError,
    started: Collection[UUID] = NOTHING_KNOWN,
    ended: Collection[UUID] = NOTHING_KNOWN,
) -> int:
    """Give back or fail every job that this dead process held; returns how many.

    `started` names the jobs known to have started; others count as started only when their row says so.
    `ended` names those of them whose outcome was lost: the end of the process is not held against them.
    """
    held = _claimed(services).filter(process_id=process_id)
    count = 0
    for rows in _batches(held):
        outcomes = [_outcome(services, job, cause, started, ended) for job in rows]
        done = finish(services, outcomes)
        report(services, rows, [o for o in outcomes if o.job_id in done.recorded], cause)
        count += len(done.recorded)
        if not done.recorded:
            break
    if count:
        logger.warning("recovered %d jobs of process %s: %s", count, process_id, cause)
    if count and services.broadcasts.event:
        services.broadcasts.event(event=events.Event(events.RECOVER, services.alias, 0.0, count))
    return count


def recover_silent(services: Services) -> int:
    """Recover the jobs of every process whose heartbeats stopped, then forget the process."""
    count = 0
    for process in silent_processes(services):
        cause = ProcessPrunedError(
            f"process {process.name} sent no heartbeat since {process.last_heartbeat_at}"
        )
        if process.kind == "worker":
            count += recover_process(services, process.id, cause)
        forget_silent(services, process.id)
    return count


def recover_ownerless(services: Services) -> int:
    """Recover claimed jobs whose process has no row at all."""
    held = _claimed(services).order_by("process_id").values_list("process_id", flat=True)
    owners = set(held.distinct())
    ids = [process_id for process_id in owners if process_id is not None]
    known = Process.objects.using(services.database.alias).filter(id__in=ids)
    return sum(recover_missing(services, owner) for owner in owners - set(known.values_list("id", flat=True)))


def recover_missing(services: Services, process_id: UUID | None) -> int:
    """Recover what this process holds if it has no row; None stands for claimed jobs that name no process."""
    if process_id is None:
        return _give_back_unowned(services)
    if Process.objects.using(services.database.alias).filter(id=process_id).exists():
        return 0
    return recover_process(
        services, process_id, ProcessMissingError(f"process {process_id} is not registered")
    )


def _give_back_unowned(services: Services) -> int:
    """Make claimed rows ready that name no process: only a hand in the table leaves them, and no fence fits."""
    rows = _claimed(services).filter(process_id=None)
    return in_transaction(services, partial(rows.update, status=Status.READY, claimed_at=None))


def _claimed(services: Services) -> QuerySet[Job]:
    jobs = Job.objects.using(services.database.alias)
    return jobs.filter(backend_alias=services.alias, status=Status.CLAIMED)


def _batches(held: QuerySet[Job]) -> Iterator[list[Job]]:
    rows = list(held.order_by("id")[:BATCH])
    while rows:
        yield rows
        rows = list(held.order_by("id")[:BATCH])


def _outcome(
    services: Services, job: Job, cause: ProcessExitError, started: Collection[UUID], ended: Collection[UUID]
) -> Outcome:
    owner = job.process_id or UUID(int=0)
    began = job.last_attempted_at or (job.claimed_at if job.id in started else None)
    released = Outcome(
        job.id,
        job.attempts,
        owner,
        OutcomeKind.RELEASE,
        Status.READY,
        lost=job.lost,
        concurrency_hash=job.concurrency_hash,
    )
    if began is None:
        return released
    lost = job.lost if job.id in ended else min(job.lost + 1, MOST_ATTEMPTS)
    is_final = job.on_crash == "fail" or lost >= services.options.max_lost_attempts
    return released._replace(
        kind=OutcomeKind.LOST,
        status=Status.FAILED if is_final else Status.READY,
        started_at=began,
        errors_json=errors.appended(job.errors or [], errors.entry(cause, job.attempts, owner)),
        lost=lost,
    )
