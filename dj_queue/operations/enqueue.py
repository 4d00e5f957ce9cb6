"""Enqueue: checked calls become rows by one INSERT in the caller's transaction; all else follows the commit."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

from django.db import connections
from django.tasks.signals import task_enqueued

from dj_queue.contract import JobInfo, NewJob, Status
from dj_queue.operations import results
from dj_queue.operations.announce import announce, due_in
from dj_queue.operations.concurrency import admit
from dj_queue.operations.new_jobs import Batch, TaskCall, new_jobs
from dj_queue.operations.task_signals import is_heard
from dj_queue.operations.transactions import after_commit, repeating
from dj_queue.services import Services
from dj_queue.task_types import AnyResult

logger = logging.getLogger("dj_queue.enqueue")

CHUNK = 1000


def enqueue(services: Services, calls: Sequence[TaskCall]) -> list[AnyResult]:
    """Insert a job for each call, all or none. Signals, hooks and wakeups follow the commit.

    Raises:
        EnqueueError: a call was refused; nothing was written and the caller's transaction is usable.
    """
    if not calls:
        return []
    batch = new_jobs(services, calls)
    if connections[services.database.alias].in_atomic_block:
        _insert(services, batch.jobs)
    else:
        repeating(services, lambda: _insert(services, batch.jobs))
    after_commit(services, partial(_after_commit, services, batch))
    return batch.results


def _insert(services: Services, jobs: Sequence[NewJob]) -> None:
    if len(jobs) == 1:
        services.dialect.insert_jobs(jobs)
        return
    with services.dialect.atomic():
        for start in range(0, len(jobs), CHUNK):
            services.dialect.insert_jobs(jobs[start : start + CHUNK])


def _after_commit(services: Services, batch: Batch) -> None:
    """Let keyed jobs in, wake workers, tell listeners. The jobs are safe: nothing here may raise."""
    try:
        queues = {job.queue_name for job in batch.jobs if job.status is Status.READY}
        queues |= _admitted(services, batch) | _scheduled(services, batch)
        announce(services, queues)
        if is_heard(task_enqueued, logging.DEBUG):
            for result in batch.results:
                task_enqueued.send_robust(sender=services.backend_class, task_result=result)
        if services.broadcasts.job_enqueued:
            services.broadcasts.job_enqueued(jobs=[_info(job) for job in batch.jobs])
    except Exception as error:
        logger.exception("after the enqueue of job %s", batch.jobs[0].id)
        services.broadcasts.error(None, error, "enqueue.after_commit")


def _admitted(services: Services, batch: Batch) -> frozenset[str]:
    keys = {
        job.concurrency.key_hash for job in batch.jobs if job.concurrency and job.status is Status.BLOCKED
    }
    if not keys:
        return frozenset()
    admitted = admit(services, keys)
    if admitted.discarded:
        now = datetime.now(UTC)
        for job, result in zip(batch.jobs, batch.results, strict=True):
            if job.id in admitted.discarded:
                results.discard(result, now)
    return admitted.queues


def _scheduled(services: Services, batch: Batch) -> frozenset[str]:
    moments = [job.run_after for job in batch.jobs if job.run_after is not None]
    if not moments:
        return frozenset()
    return due_in(services, (min(moments) - datetime.now(UTC)).total_seconds())


def _info(job: NewJob) -> JobInfo:
    return JobInfo(
        job.id,
        job.task_path,
        job.queue_name,
        job.priority,
        job.backend_alias,
        0,
        job.enqueued_at,
        job.run_after,
    )
