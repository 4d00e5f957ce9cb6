"""Strays: jobs that a claim took though its answer never reached the process, because the connection broke."""

import logging
from collections.abc import Collection
from uuid import UUID

from dj_queue.contract import Outcome, OutcomeKind, Status
from dj_queue.models import Job
from dj_queue.operations.finish import finish
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.recover")


def release_strays(services: Services, process_id: UUID, known: Collection[UUID]) -> int:
    """Give back, uncounted, what the process holds without knowing it; returns how many.

    `known` names every job that the process held before this call, those not yet recorded included.
    """
    jobs = Job.objects.using(services.database.alias)
    held = jobs.filter(backend_alias=services.alias, status=Status.CLAIMED, process_id=process_id)
    strays = [job for job in held if job.id not in known]
    if not strays:
        return 0
    done = finish(services, [_released(job, process_id) for job in strays])
    logger.warning("%d jobs go back: the answer to their claim was lost", len(done.recorded))
    return len(done.recorded)


def _released(job: Job, process_id: UUID) -> Outcome:
    return Outcome(
        job.id,
        job.attempts,
        process_id,
        OutcomeKind.RELEASE,
        Status.READY,
        lost=job.lost,
        concurrency_hash=job.concurrency_hash,
    )
