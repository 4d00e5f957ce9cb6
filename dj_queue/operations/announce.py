"""Telling others about committed changes: wakeups for queues, hooks for jobs."""

import logging
from collections.abc import Collection
from functools import partial

from dj_queue.contract import SCHEDULED
from dj_queue.operations.transactions import after_commit
from dj_queue.services import Services

RELAXED_POLLING = 2.0
"""Seconds between polls while a wakeup hears every host; hints can be lost, so polling never ends."""

logger = logging.getLogger("dj_queue.wakeup")


def announce(services: Services, queues: Collection[str]) -> None:
    """Tell listeners, once the jobs are committed, that these queues got ready ones, or of `SCHEDULED` jobs.

    A transport that fails harms nothing: polling finds them.
    """
    if queues and services.wakeups:
        after_commit(services, partial(_tell, services, queues))


def due_in(services: Services, seconds: float) -> frozenset[str]:
    """What to announce of a job that is due in so many seconds: nothing where dispatchers look before then anyway."""
    looks = [max(dispatcher.polling_interval, RELAXED_POLLING) for dispatcher in services.options.dispatchers]
    return frozenset({SCHEDULED}) if looks and seconds < min(looks) else frozenset()


def _tell(services: Services, queues: Collection[str]) -> None:
    for transport in services.wakeups:
        try:
            transport.announce(queues)
        except Exception as error:
            logger.warning("wakeup %s could not announce: %s", transport.name, error)
            services.broadcasts.error(None, error, f"wakeup.{transport.name}")
