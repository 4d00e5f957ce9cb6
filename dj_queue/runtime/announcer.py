"""The announcer: tells signals and hooks of recorded outcomes, off the recording path."""

import logging
import queue
import threading
from collections.abc import Sequence

from dj_queue.runtime.announcements import announce_outcomes
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.db_connections import close_all, reset_after_task
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.announcer")


class Announcer:
    """One thread; a receiver that is slow or raises delays other receivers, never a job."""

    def __init__(self, services: Services) -> None:
        """Tell the signals and hooks of this alias."""
        self._services = services
        self._queue: queue.SimpleQueue[Sequence[Attempt] | None] = queue.SimpleQueue()
        self._told = self._announced = 0
        self._thread = threading.Thread(target=self._run, name="dj_queue-announcer", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def tell(self, attempts: Sequence[Attempt]) -> None:
        """Announce these recorded attempts soon."""
        self._told += len(attempts)
        self._queue.put(attempts)

    def backlog(self) -> int:
        """How many attempts wait to be announced: receivers slower than the worker keep them waiting."""
        return self._told - self._announced

    def close(self, timeout: float) -> None:
        """Announce what is left, `timeout` seconds at most."""
        self._queue.put(None)
        self._thread.join(timeout)

    def _run(self) -> None:
        for attempts in iter(self._queue.get, None):
            try:
                announce_outcomes(self._services, attempts)
                reset_after_task()
            except BaseException:
                logger.exception("announcing outcomes")
                close_all()
            self._announced += len(attempts)
        close_all()
