"""What signals and hooks are told of recorded outcomes."""

import json
import logging
from collections.abc import Sequence

from django.tasks import TaskResultStatus
from django.tasks.base import TaskError
from django.tasks.signals import task_finished

from dj_queue.contract import JobInfo, OutcomeInfo, OutcomeKind
from dj_queue.exceptions import SensitiveError
from dj_queue.operations.errors import class_path, summary
from dj_queue.operations.moments import as_shown
from dj_queue.operations.redaction import HIDDEN
from dj_queue.operations.task_signals import is_heard, send
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.outcomes import hiding
from dj_queue.services import Services
from dj_queue.task_types import AnyResult

logger = logging.getLogger("dj_queue.worker")

ENDED = (OutcomeKind.VALUE, OutcomeKind.ERROR)


def announce_outcomes(services: Services, attempts: Sequence[Attempt]) -> None:
    """Tell of these recorded attempts: those that ended, and those that will be followed by another."""
    ended = [a for a in attempts if a.outcome is not None and a.outcome.kind in ENDED]
    again = [a for a in attempts if a.outcome is not None and a.outcome.kind is OutcomeKind.RETRY]
    for attempt in ended:
        _send_finished(services, attempt)
    for attempt in again:
        _log_retry(services, attempt)
    broadcasts = services.broadcasts
    if broadcasts.job_finished and ended:
        broadcasts.job_finished(jobs=[_facts(attempt) for attempt in ended])
    if broadcasts.job_retried and again:
        broadcasts.job_retried(jobs=[_facts(attempt) for attempt in again])


def _send_finished(services: Services, attempt: Attempt) -> None:
    if not is_heard(task_finished, logging.INFO if attempt.error is None else logging.ERROR):
        return
    result = attempt.result
    _complete(result, attempt)
    if attempt.error is None:
        send(task_finished, services, result)
        return
    told = _told(result, attempt.error)
    frames = BaseException.__getattribute__(told, "__traceback__")
    try:
        raise told
    except BaseException:
        # Django's own receiver logs the exception being handled, and this frame is none of the task's.
        BaseException.with_traceback(told, frames)
        send(task_finished, services, result)


def _log_retry(services: Services, attempt: Attempt) -> None:
    """Say why there will be another attempt: Django logs a job's last error alone."""
    if attempt.outcome is None or attempt.error is None:
        return
    job = attempt.job
    logger.warning(
        "attempt %d of job %s, %s, failed and is repeated in %.1f s: %s",
        job.attempt,
        job.id,
        job.task_path,
        attempt.outcome.retry_delay,
        summary(attempt.error, hiding(attempt, services.options.sensitive_keys)),
    )


def _told(result: AnyResult, error: BaseException) -> BaseException:
    """The error that receivers meet and log: in place of one that repeats a sensitive argument, its text without that."""
    stored = result.errors[-1].traceback
    return SensitiveError(stored) if HIDDEN in stored else error


def _complete(result: AnyResult, attempt: Attempt) -> None:
    """Say in the attempt's own result how it ended."""
    outcome = attempt.outcome
    if outcome is None:
        return
    object.__setattr__(result, "finished_at", as_shown(outcome.ended_at))
    if attempt.error is None:
        object.__setattr__(result, "status", TaskResultStatus.SUCCESSFUL)
        object.__setattr__(result, "_return_value", json.loads(outcome.value_json or "null"))
        return
    object.__setattr__(result, "status", TaskResultStatus.FAILED)
    error = json.loads(outcome.errors_json or "[]")[-1]
    result.errors.append(TaskError(exception_class_path=error["class"], traceback=error["traceback"]))


def _facts(attempt: Attempt) -> tuple[JobInfo, OutcomeInfo]:
    outcome = attempt.outcome
    if outcome is None:
        raise RuntimeError("the attempt has no outcome")
    error_class = None if attempt.error is None else class_path(attempt.error)
    return attempt.info(), OutcomeInfo(outcome.kind, attempt.seconds, error_class, outcome.retry_delay)
