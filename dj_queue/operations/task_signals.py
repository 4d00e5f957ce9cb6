"""Django's task signals, sent so that no receiver can change what happens to a job, and not sent to nobody."""

import logging

from django.dispatch import Signal
from django.tasks.signals import (
    log_task_enqueued,
    log_task_finished,
    log_task_started,
    task_enqueued,
    task_finished,
    task_started,
)

from dj_queue.services import Services
from dj_queue.task_types import AnyResult

logger = logging.getLogger("dj_queue.signals")

LOG_OF_DJANGO = logging.getLogger("django.tasks")
KEYS_OF_DJANGO = {
    task_enqueued: id(log_task_enqueued),
    task_started: id(log_task_started),
    task_finished: id(log_task_finished),
}
"""By signal, what Django's own receiver is known by in it."""


def is_only_logged(signal: Signal) -> bool:
    """Whether nobody receives this signal but Django itself, which writes a line to its log."""
    keys = [key[0] for key, *_ in signal.receivers]
    return not keys or keys == [KEYS_OF_DJANGO[signal]]


def is_heard(signal: Signal, level: int) -> bool:
    """Whether this signal would do anything, where Django's own receiver logs it at this level.

    To make a result and have Django send it to a log that drops it costs half of what a short job costs.
    """
    return LOG_OF_DJANGO.isEnabledFor(level) or not is_only_logged(signal)


def send(signal: Signal, services: Services, result: AnyResult) -> None:
    """Tell the receivers. What they raise is logged; `sys.exit()` in one keeps those after it from being told."""
    try:
        signal.send_robust(sender=services.backend_class, task_result=result)
    except BaseException as error:
        # Django lets everything but Exception through.
        logger.exception("a receiver of a task signal ended the others")
        services.broadcasts.error(None, error, "task_signal")
