"""Running one job: its task is called with its arguments, and whatever happens becomes an outcome."""

import logging
from collections.abc import Callable
from functools import lru_cache
from inspect import iscoroutinefunction
from typing import Any

from asgiref.sync import sync_to_async
from django.tasks.base import TaskContext
from django.tasks.signals import task_started

from dj_queue.operations import results
from dj_queue.operations.errors import class_path
from dj_queue.operations.finish import mark_started
from dj_queue.operations.task_signals import is_heard, is_only_logged, send
from dj_queue.runtime import outcomes
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.frames import begin_at
from dj_queue.services import Services
from dj_queue.task_types import AnyTask

logger = logging.getLogger("dj_queue.worker")

_is_coroutine_function = lru_cache(maxsize=1024)(iscoroutinefunction)
"""It takes a microsecond to find out; a worker has few tasks and many jobs."""

type Started = Callable[[Attempt], None]


class Execution:
    """Runs attempts of one backend alias. Nothing a task does gets past it."""

    def __init__(self, services: Services, on_start: Started) -> None:
        """Tell `on_start` of each attempt before the task's first line."""
        self._services = services
        self._on_start = on_start

    def prepare(self, attempt: Attempt) -> bool:
        """Find the attempt's task; False when there is none, with the outcome set."""
        try:
            attempt.task = results.bound_task(attempt.job, self._services.alias)
            attempt.is_async = _is_coroutine_function(attempt.task.func)
        except BaseException as error:
            self.fail(attempt, error)
            return False
        return True

    def run(self, attempt: Attempt) -> None:
        """Run a `def` task in this thread."""
        try:
            if not self._begin(attempt):
                return
            task, args = self._call(attempt)
            value = task.call(*args, **attempt.job.kwargs)
            self._set_value(attempt, value)
        except BaseException as error:
            self.fail(attempt, error)

    async def arun(self, attempt: Attempt) -> None:
        """Run an `async def` task on this loop."""
        try:
            if not await self._abegin(attempt):
                return
            task, args = self._call(attempt)
            value = await task.acall(*args, **attempt.job.kwargs)
            self._set_value(attempt, value)
        except BaseException as error:
            self.fail(attempt, error)

    def fail(self, attempt: Attempt, error: BaseException) -> None:
        """End an attempt with this error, whether it began or not: it is repeated or fails, by the task's retry option."""
        if attempt.began:
            attempt.end()
        attempt.error = error
        if attempt.task is not None:
            begin_at(error, attempt.task.func)
        sensitive_keys = self._services.options.sensitive_keys
        try:
            attempt.outcome = outcomes.of_error(attempt, error, sensitive_keys)
        except BaseException as failure:
            # Its traceback is in the job's error, without what is sensitive in that of the task.
            logger.error("the retry option of %s failed: %s", attempt.job.task_path, class_path(failure))  # noqa: TRY400
            attempt.error = failure
            attempt.outcome = outcomes.of_failed_retry(attempt, failure, sensitive_keys)

    def _begin(self, attempt: Attempt) -> bool:
        attempt.begin()
        if attempt.must_be_marked() and not self._mark(attempt):
            return False
        self._on_start(attempt)
        if is_heard(task_started, logging.INFO):
            send(task_started, self._services, attempt.result)
        if self._services.broadcasts.job_started:
            self._services.broadcasts.job_started(job=attempt.info())
        return True

    async def _abegin(self, attempt: Attempt) -> bool:
        """Begin on the loop, unless that touches the database or code of the project that may: not allowed there."""
        is_bare = is_only_logged(task_started) and not self._services.broadcasts.job_started
        if is_bare and not attempt.must_be_marked():
            return self._begin(attempt)
        return await sync_to_async(self._begin)(attempt)

    def _mark(self, attempt: Attempt) -> bool:
        """Write the start before a job that must not run twice; without that it goes back unstarted."""
        try:
            mark_started(self._services, [attempt.started()])
        except Exception as error:
            logger.warning("job %s goes back: its start could not be written: %s", attempt.job.id, error)
            attempt.outcome = outcomes.of_release(attempt)
            return False
        attempt.is_marked = True
        return True

    def _call(self, attempt: Attempt) -> tuple[AnyTask, list[Any]]:
        task, job = _task(attempt), attempt.job
        if not (isinstance(job.args, list) and isinstance(job.kwargs, dict)):
            # A text or a mapping could be spread over parameters too: only a hand in the table stores one.
            raise TypeError("the stored args are no list, or the stored kwargs no mapping")
        if not task.takes_context:
            return task, job.args
        return task, [TaskContext(task_result=attempt.result), *job.args]

    def _set_value(self, attempt: Attempt, value: Any) -> None:
        attempt.end()
        attempt.outcome = outcomes.of_value(
            attempt, outcomes.value_json(value, self._services.options.max_result_bytes)
        )


def _task(attempt: Attempt) -> AnyTask:
    if attempt.task is None:
        raise RuntimeError("the attempt was not prepared")
    return attempt.task
