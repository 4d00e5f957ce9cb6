"""Jobs claimed by hand: as their caller sees them, whether they are still held, and what became of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dj_queue.contract import ClaimedJob as Claim
from dj_queue.contract import Outcome, Status
from dj_queue.exceptions import JobNotFound
from dj_queue.models import Job
from dj_queue.operations.jobs import as_job_id
from dj_queue.operations.results import workers_of
from dj_queue.portable.rows import CLAIM_COLUMNS, claimed_job
from dj_queue.services import Services


@dataclass(frozen=True, slots=True)
class ClaimedJob:
    """One job that `claim_ready_jobs` took."""

    job: Job
    """The stored job as it stood when it was claimed."""
    claimed_at: datetime
    """When, by the database's clock."""
    worker_ids: list[str]
    """The processes that made its attempts, this one last."""
    process_id: UUID | None = None
    """The process that holds it."""


def as_claimed_jobs(services: Services, claims: Sequence[Claim]) -> list[ClaimedJob]:
    """These fresh claims as their caller sees them, in the same order."""
    rows = Job.objects.using(services.database.alias).in_bulk([claim.id for claim in claims])
    jobs = [rows[claim.id] for claim in claims if claim.id in rows]
    return [
        ClaimedJob(job, job.claimed_at, workers_of(job), job.process_id)
        for job in jobs
        if job.claimed_at is not None
    ]


def held_row(services: Services, job: ClaimedJob | Job | UUID | str) -> Job:
    """The stored job, held by the claim that `job` knows of; by whichever there is when it is an id.

    Raises:
        JobNotFound: nobody holds the job, or another claim does.
    """
    known = job.job if isinstance(job, ClaimedJob) else job
    row = _claimed(services, known.id if isinstance(known, Job) else known)
    if isinstance(known, Job) and (known.attempts, known.process_id) != (row.attempts, row.process_id):
        raise JobNotFound(f"job {row.id} is held by another claim now")
    return row


def claim_on(row: Job) -> Claim:
    """The claim that stands on a claimed job's row."""
    values = [getattr(row, name) for name in CLAIM_COLUMNS]
    return claimed_job(values, row.attempts, row.process_id or UUID(int=0))


def after(services: Services, row: Job, outcome: Outcome) -> Job:
    """The stored job with its outcome; where finished jobs are not kept, `row` with what it ended with."""
    stored = Job.objects.using(services.database.alias).filter(id=row.id).first()
    if stored is not None:
        return stored
    row.status = outcome.status
    row.started_at = row.started_at or outcome.started_at
    row.last_attempted_at, row.finished_at = outcome.started_at, outcome.ended_at
    row.return_value = json.loads(outcome.value_json or "null")
    return row


def _claimed(services: Services, job_id: UUID | str) -> Job:
    wanted = as_job_id(job_id)
    jobs = Job.objects.using(services.database.alias)
    row = jobs.filter(id=wanted, backend_alias=services.alias, status=Status.CLAIMED).first()
    if row is None:
        raise JobNotFound(f"no claimed job {wanted} in backend alias {services.alias!r}")
    return row
