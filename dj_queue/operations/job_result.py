"""Django's result of a task, made for a job: quick to make, and shown without arguments."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.tasks import TaskResult, TaskResultStatus
from django.tasks.base import TaskError

from dj_queue.task_types import AnyResult, AnyTask


class JobResult(TaskResult):  # type: ignore[type-arg]
    """A log or an error page that writes it down shows no argument and no return value."""

    __slots__ = ()

    def __repr__(self) -> str:
        """What it is of, and how far that is."""
        return f"JobResult(id={self.id!r}, task={self.task.module_path!r}, status={self.status})"


def _slot(name: str) -> Callable[[AnyResult, Any], None]:
    """What sets a field of a frozen class: found by its name once, and not for each of many results."""
    setter: Callable[[AnyResult, Any], None] = TaskResult.__dict__[name].__set__
    return setter


_task, _id, _status, _backend = _slot("task"), _slot("id"), _slot("status"), _slot("backend")
_args, _kwargs = _slot("args"), _slot("kwargs")
_enqueued_at, _started_at = _slot("enqueued_at"), _slot("started_at")
_finished_at, _last_attempted_at = _slot("finished_at"), _slot("last_attempted_at")
_errors, _worker_ids, _return_value = _slot("errors"), _slot("worker_ids"), _slot("_return_value")


def make_result(  # noqa: PLR0913 - the fields of Django's own class
    *,
    task: AnyTask,
    result_id: str,
    backend: str,
    args: list[Any],
    kwargs: dict[str, Any],
    errors: list[TaskError],
    worker_ids: list[str],
    status: TaskResultStatus = TaskResultStatus.READY,
    enqueued_at: datetime | None = None,
    started_at: datetime | None = None,
    finished_at: datetime | None = None,
    last_attempted_at: datetime | None = None,
    return_value: Any = None,
) -> AnyResult:
    """A result whose arguments are known to be plain JSON: Django's own check of them is left out."""
    result: AnyResult = object.__new__(JobResult)
    _task(result, task)
    _id(result, result_id)
    _status(result, status)
    _backend(result, backend)
    _args(result, args)
    _kwargs(result, kwargs)
    _enqueued_at(result, enqueued_at)
    _started_at(result, started_at)
    _finished_at(result, finished_at)
    _last_attempted_at(result, last_attempted_at)
    _errors(result, errors)
    _worker_ids(result, worker_ids)
    _return_value(result, return_value)
    return result
