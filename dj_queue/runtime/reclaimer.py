"""The reclaimer: has the database free what ended jobs left behind, off the recording path."""

import logging
import threading

from dj_queue.runtime.db_connections import close_all
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.reclaimer")

EVERY = 5_000
"""Jobs that ended in this process from one look to the next."""


class Reclaimer:
    """Asks the dialect after every few thousand jobs, in a thread that lives no longer than that takes."""

    def __init__(self, services: Services) -> None:
        """Ask the dialect of this alias."""
        self._services = services
        self._ended = 0
        self._thread: threading.Thread | None = None

    def ended(self, count: int) -> None:
        """So many more jobs have ended and are recorded; called by one thread."""
        self._ended += count
        if self._ended < EVERY or (self._thread is not None and self._thread.is_alive()):
            return
        self._thread = threading.Thread(
            target=self._run, args=(self._ended,), name="dj_queue-reclaimer", daemon=True
        )
        self._ended = 0
        self._thread.start()

    def close(self, timeout: float) -> None:
        """Let a look that goes on come to its end, `timeout` seconds at most; the database finishes it anyway."""
        if self._thread is not None:
            self._thread.join(timeout)

    def _run(self, ended: int) -> None:
        try:
            self._services.dialect.reclaim(ended)
        except Exception as error:
            logger.info("the database could not free what ended jobs left behind: %s", error)
        finally:
            close_all()
