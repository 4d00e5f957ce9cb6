"""The backend that TASKS names: Django's tasks API in front of the operations.

It is imported and built where tasks are defined, perhaps before the apps are ready: what needs models is imported
where it is used.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from django.core.checks import CheckMessage
from django.tasks.backends.base import BaseTaskBackend
from django.tasks.exceptions import InvalidTask

from dj_queue.checks import check_backend
from dj_queue.contract.names import check_queue_name
from dj_queue.operations import tasks
from dj_queue.services import services_for
from dj_queue.task import DjQueueTask
from dj_queue.task_types import AnyResult, AnyTask

type TaskCall = tuple[AnyTask, Sequence[Any], Mapping[str, Any]]

MOST_KNOWN = 1000
"""Valid tasks that are remembered as such."""


class DjQueueBackend(BaseTaskBackend):
    """Keeps jobs and results in the database. Django makes one for each thread."""

    task_class = DjQueueTask
    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True
    stores_jobs_in_dj_queue = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        """Serve this alias of TASKS."""
        super().__init__(alias, params)
        self._valid: dict[int, AnyTask] = {}

    def validate_task(self, task: AnyTask) -> None:
        """Django's own rules and those of every database; a task that passes may be run from its stored path.

        Raises:
            InvalidTask: the task cannot run on this backend.
        """
        # A task never changes, and it is validated when it is made.
        if self._valid.get(id(task)) is task:
            return
        self._validate(task)
        if len(self._valid) >= MOST_KNOWN:
            self._valid.clear()
        self._valid[id(task)] = task

    def _validate(self, task: AnyTask) -> None:
        if isinstance(task.priority, bool) or not isinstance(task.priority, int):
            raise InvalidTask(f"priority must be a whole number, not {task.priority!r}.")
        if task.run_after is not None and not isinstance(task.run_after, datetime):
            raise InvalidTask(f"run_after must be a datetime, not {task.run_after!r}.")
        try:
            check_queue_name(task.queue_name)
        except ValueError as error:
            raise InvalidTask(f"{error}.") from None
        super().validate_task(task)
        tasks.register(task)

    def enqueue(self, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> AnyResult:
        """Insert one job in the caller's transaction.

        Raises:
            InvalidTask: the task or its arguments are refused; nothing was written.
        """
        from dj_queue.operations.enqueue import enqueue

        self.validate_task(task)
        return enqueue(services_for(self.alias), [(task, args, kwargs)])[0]

    def enqueue_all(self, task_calls: Iterable[TaskCall]) -> list[AnyResult]:
        """Insert a job for each (task, args, kwargs), all or none, in a statement a thousand.

        Raises:
            InvalidTask: one of them is refused, or is a task of another backend; nothing was written.
        """
        from dj_queue.operations.enqueue import enqueue

        calls = list(task_calls)
        for task in {id(task): task for task, _args, _kwargs in calls}.values():
            self._refuse_foreign(task)
            self.validate_task(task)
        return enqueue(services_for(self.alias), calls)

    async def aenqueue_all(self, task_calls: Iterable[TaskCall]) -> list[AnyResult]:
        """See `enqueue_all`."""
        return await sync_to_async(self.enqueue_all, thread_sensitive=True)(task_calls)

    def get_result(self, result_id: str) -> AnyResult:
        """The stored result.

        Raises:
            TaskResultDoesNotExist: no job of this backend alias has the id.
        """
        from dj_queue.operations.results import stored_result

        return stored_result(services_for(self.alias), result_id)

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        """Every problem of this alias's options, plugins and database settings."""
        return check_backend(self.alias)

    def _refuse_foreign(self, task: AnyTask) -> None:
        if task.backend != self.alias:
            raise InvalidTask(
                f"{task.module_path} is a task of the backend {task.backend!r}, not {self.alias!r}: "
                f"use .using(backend={self.alias!r}), or enqueue it there."
            )
