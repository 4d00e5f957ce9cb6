"""A stored job as Django's `TaskResult`."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.tasks import TaskResultStatus
from django.tasks.base import TaskError
from django.tasks.exceptions import TaskResultDoesNotExist

from dj_queue.contract import ClaimedJob, NewJob, Status
from dj_queue.exceptions import JobDiscarded
from dj_queue.models import Job
from dj_queue.operations import errors, tasks
from dj_queue.operations.job_result import make_result
from dj_queue.operations.moments import as_shown
from dj_queue.services import Services
from dj_queue.task_types import AnyResult, AnyTask

STATUSES: Mapping[str, TaskResultStatus] = {
    Status.READY: TaskResultStatus.READY,
    Status.SCHEDULED: TaskResultStatus.READY,
    Status.BLOCKED: TaskResultStatus.READY,
    Status.CLAIMED: TaskResultStatus.RUNNING,
    Status.SUCCESSFUL: TaskResultStatus.SUCCESSFUL,
    Status.FAILED: TaskResultStatus.FAILED,
    Status.CANCELLED: TaskResultStatus.FAILED,
    Status.DISCARDED: TaskResultStatus.FAILED,
}

DISCARDED = TaskError(
    exception_class_path=f"{JobDiscarded.__module__}.{JobDiscarded.__qualname__}",
    traceback="The job was discarded before it ran to an end.\n",
)


def parse_id(result_id: object) -> UUID:
    """The job id that `result_id` writes.

    Raises:
        TaskResultDoesNotExist: it writes none.
    """
    if isinstance(result_id, UUID):
        return result_id
    try:
        return UUID(str(result_id))
    except ValueError:
        raise TaskResultDoesNotExist(result_id) from None


def stored_result(services: Services, result_id: object) -> AnyResult:
    """The result of the job with this id.

    Raises:
        TaskResultDoesNotExist: no job of this backend alias has it.
    """
    jobs = Job.objects.using(services.database.alias)
    job = jobs.filter(id=parse_id(result_id), backend_alias=services.alias).first()
    if job is None:
        raise TaskResultDoesNotExist(result_id)
    return result_of_row(job)


def result_of_row(job: Job, find: Callable[[str], AnyTask] = tasks.find_or_stand_in) -> AnyResult:
    """What the stored row says; `find` gives the task of its path."""
    task_errors = _task_errors(job.errors)
    if job.status == Status.DISCARDED:
        task_errors.append(DISCARDED)
    return make_result(
        task=_as_stored(find(job.task_path), job.priority, job.queue_name, job.backend_alias, job.run_after),
        result_id=str(job.id),
        status=STATUSES.get(job.status, TaskResultStatus.FAILED),
        enqueued_at=as_shown(job.enqueued_at),
        started_at=as_shown(job.started_at or _claimed_at(job)),
        finished_at=as_shown(job.finished_at),
        last_attempted_at=as_shown(job.last_attempted_at or _claimed_at(job) or job.started_at),
        args=job.args,
        kwargs=job.kwargs,
        backend=job.backend_alias,
        errors=task_errors,
        worker_ids=workers_of(job),
        return_value=job.return_value,
    )


def workers_of(job: Job) -> list[str]:
    """The processes that made the job's attempts, one entry an attempt, oldest first."""
    ids = _workers(job.errors)
    if job.process_id is not None and job.status in (Status.CLAIMED, Status.SUCCESSFUL):
        ids.append(str(job.process_id))
    return ids


def result_of_new(
    job: NewJob, task: AnyTask, args: list[Any], kwargs: dict[str, Any], enqueued_at: datetime | None
) -> AnyResult:
    """The result of a job that was just enqueued, at a moment given as results show it."""
    return make_result(
        task=task,
        result_id=str(job.id),
        backend=job.backend_alias,
        args=args,
        kwargs=kwargs,
        errors=[],
        worker_ids=[],
        enqueued_at=enqueued_at,
    )


def result_of_claimed(job: ClaimedJob, task: AnyTask, backend_alias: str, started_at: datetime) -> AnyResult:
    """The result of a job whose attempt begins at `started_at`."""
    return make_result(
        task=task,
        result_id=str(job.id),
        status=TaskResultStatus.RUNNING,
        enqueued_at=as_shown(job.enqueued_at),
        started_at=as_shown(job.started_at or started_at),
        last_attempted_at=as_shown(started_at),
        args=job.args,
        kwargs=job.kwargs,
        backend=backend_alias,
        errors=_task_errors(job.errors),
        worker_ids=[*_workers(job.errors), str(job.process_id)],
    )


def result_of_unstarted(job: ClaimedJob, backend_alias: str) -> AnyResult:
    """The result of a claimed job whose task was not found, so that nothing ran."""
    task = tasks.find_or_stand_in(job.task_path)
    task = _as_stored(task, job.priority, job.queue_name, backend_alias, job.run_after)
    return result_of_claimed(job, task, backend_alias, datetime.now(UTC))


def bound_task(job: ClaimedJob, backend_alias: str) -> AnyTask:
    """The task of a claimed job as the job has it.

    Raises:
        UnknownTask: its path names no registered task.
    """
    task = tasks.find_task(job.task_path)
    if not tasks.differs(task, job.priority, job.queue_name, backend_alias, job.run_after):
        return task
    return _as_stored(task, job.priority, job.queue_name, backend_alias, job.run_after)


def discard(result: AnyResult, at: datetime) -> None:
    """Say in a result that its job was discarded."""
    object.__setattr__(result, "status", TaskResultStatus.FAILED)
    object.__setattr__(result, "finished_at", as_shown(at))
    result.errors.append(DISCARDED)


def _as_stored(
    task: AnyTask, priority: int, queue_name: str, backend: str, run_after: datetime | None
) -> AnyTask:
    due = as_shown(run_after)
    return tasks.bound(task, priority=priority, queue_name=queue_name, backend=backend, run_after=due)


def _claimed_at(job: Job) -> datetime | None:
    """Since when a process holds the job: until its row says when it started, that is as near as we know."""
    return job.claimed_at if job.status == Status.CLAIMED else None


def _task_errors(stored: Any) -> list[TaskError]:
    return [
        TaskError(exception_class_path=str(old.get("class", "")), traceback=str(old.get("traceback", "")))
        for old in errors.entries(stored)
    ]


def _workers(stored: Any) -> list[str]:
    return [str(old.get("worker", "")) for old in errors.entries(stored)]
