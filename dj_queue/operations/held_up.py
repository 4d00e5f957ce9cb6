"""Live workers that do not get on, as far as rows can tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from dj_queue.contract import Status
from dj_queue.models import Job
from dj_queue.operations.anomaly import Anomaly, Kind
from dj_queue.operations.health import ProcessState
from dj_queue.services import Services

MOST_HELD = 1000
"""Claims of one worker that are looked at."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The job to be claimed next in one queue."""

    queue_name: str
    job_id: object
    seconds: float
    """How long it could have been claimed."""


def held_up_workers(
    services: Services,
    workers: Sequence[ProcessState],
    waiting: Sequence[Waiting],
    now: datetime,
    max_age: float,
    stuck_after: float,
) -> Iterator[Anomaly]:
    """Workers that do not start what they claimed, and those that have run the same jobs for very long.

    A worker gives back within seconds what it cannot start. A job that runs for long is no fault by itself: it
    is one only where its worker has no thread left for a job that has waited as long.
    """
    for worker in workers:
        held = _held(services, worker)
        unstarted = [now - claimed for claimed, began, lost in held if began is None and not lost and claimed]
        longest = max((age.total_seconds() for age in unstarted), default=0.0)
        if longest > max_age:
            text = (
                f"{worker.name} claimed jobs {longest:.0f} s ago and has neither started nor given them back"
            )
            yield Anomaly(Kind.STANDING_WORKER, str(worker.id), text)
            continue
        kept = next(
            (job for job in waiting if job.seconds > stuck_after and worker.selects(job.queue_name)), None
        )
        running = [(now - began).total_seconds() for _claimed, began, _lost in held if began is not None]
        is_full = worker.threads and len(running) == len(held) >= worker.threads
        if kept is not None and is_full and min(running) > stuck_after:
            text = (
                f"{worker.name} runs {len(running)} jobs that all began over {min(running):.0f} s ago, "
                f"and job {kept.job_id} has waited {kept.seconds:.0f} s in queue {kept.queue_name!r}"
            )
            yield Anomaly(Kind.FULL_WORKER, str(worker.id), text)


def _held(services: Services, worker: ProcessState) -> list[tuple[datetime | None, datetime | None, int]]:
    """Of each claim of this worker: when it was made, when its attempt began, how many were lost before."""
    jobs = Job.objects.using(services.database.alias)
    claims = jobs.filter(backend_alias=services.alias, status=Status.CLAIMED, process_id=worker.id)
    return list(claims.values_list("claimed_at", "last_attempted_at", "lost")[:MOST_HELD])
