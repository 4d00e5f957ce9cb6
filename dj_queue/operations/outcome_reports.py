"""Telling signals and hooks about outcomes that were recorded by someone else than the worker that ran them."""

from collections.abc import Sequence

from django.tasks.signals import task_finished

from dj_queue.contract import JobInfo, Outcome, OutcomeInfo
from dj_queue.models import Job
from dj_queue.operations.errors import class_path
from dj_queue.operations.results import result_of_row
from dj_queue.operations.task_signals import send
from dj_queue.operations.tasks import loaded_or_stand_in
from dj_queue.services import Services


def info_of_row(job: Job) -> JobInfo:
    """A stored job as hooks see it."""
    return JobInfo(
        job.id,
        job.task_path,
        job.queue_name,
        job.priority,
        job.backend_alias,
        job.attempts,
        job.enqueued_at,
        job.run_after,
    )


def report(
    services: Services, rows: Sequence[Job], outcomes: Sequence[Outcome], cause: BaseException
) -> None:
    """Tell of jobs that ended, or will run again, because of `cause`."""
    by_id = {job.id: job for job in rows}
    ended = [o for o in outcomes if o.status.is_finished]
    again = [o for o in outcomes if not o.status.is_finished and not o.never_started]
    stored = Job.objects.using(services.database.alias).in_bulk([outcome.job_id for outcome in ended])
    for job in stored.values():
        _send_finished(services, job, cause)
    for told, broadcast in (
        (ended, services.broadcasts.job_finished),
        (again, services.broadcasts.job_retried),
    ):
        if told and broadcast:
            broadcast(jobs=[(info_of_row(by_id[o.job_id]), _info(o, cause)) for o in told])


def _send_finished(services: Services, job: Job, cause: BaseException) -> None:
    try:
        raise cause
    except type(cause):
        # Django's own receiver logs the exception being handled.
        # The task's module may be what ended its process: it is not imported here.
        send(task_finished, services, result_of_row(job, loaded_or_stand_in))


def _info(outcome: Outcome, cause: BaseException) -> OutcomeInfo:
    return OutcomeInfo(outcome.kind, None, class_path(cause), outcome.retry_delay)
