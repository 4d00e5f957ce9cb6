"""Django's task signals, sent so that no receiver can change what happens to a job."""

import logging

from django.dispatch import Signal

from dj_queue.services import Services
from dj_queue.task_types import AnyResult

logger = logging.getLogger("dj_queue.signals")


def send(signal: Signal, services: Services, result: AnyResult) -> None:
    """Tell the receivers. What they raise is logged; `sys.exit()` in one keeps those after it from being told."""
    try:
        signal.send_robust(sender=services.backend_class, task_result=result)
    except BaseException as error:
        # Django lets everything but Exception through.
        logger.exception("a receiver of a task signal ended the others")
        services.broadcasts.error(None, error, "task_signal")
