"""Asks the sources of options again while the queue runs, where one of them wants that."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

from dj_queue.config.rereading import Reread
from dj_queue.contract import ProcessInfo
from dj_queue.runtime.db_connections import close_all
from dj_queue.services import Services, read_again

logger = logging.getLogger("dj_queue.supervisor")

JUST_ENDING = 0.05
"""Seconds that a source usually takes at most, once asked."""
PATIENCE = 5.0
"""Seconds that a fork waits for a source; one that takes longer hangs in some socket, and holds no lock of ours."""


class Asking(threading.Thread):
    """Asks the sources once, in a thread that may hang: the others have heartbeats to write and signals to heed."""

    def __init__(
        self, services: Services, on_error: Callable[[Exception], None], on_end: Callable[[], None]
    ) -> None:
        """Ask for this alias; tell `on_error` why nothing can be known, then call `on_end`."""
        super().__init__(name="dj_queue-options", daemon=True)
        self.reread: Reread | None = None
        self.began = time.monotonic()
        self._services = services
        self._on_error = on_error
        self._on_end = on_end

    def run(self) -> None:
        """Find out what holds now."""
        try:
            self.reread = read_again(self._services)
        except Exception as error:
            self._on_error(error)
        finally:
            close_all()
            self._on_end()


class OptionsWatch:
    """Asks again and again, and says what is new: changed options, errors and those that wait for a start, each once."""

    def __init__(self, services: Services, process: ProcessInfo, on_end: Callable[[], None]) -> None:
        """Watch the options of this alias for the supervisor `process`; call `on_end` when the sources have answered."""
        self._process = process
        self._broadcasts = services.broadcasts
        self._on_end = on_end
        self._interval = services.ask_again_after
        self._next = time.monotonic() + (self._interval or 0.0)
        self._asking: Asking | None = None
        self._told = ""

    def look(self, services: Services) -> Reread | None:
        """Ask when it is time to, without waiting for the answer; returns what has changed since `services` were made."""
        asking = self._asking
        if asking is None:
            self._ask_if_due(services)
            return None
        if asking.is_alive():
            return None
        self._asking = None
        self._next = time.monotonic() + (self._interval or 0.0)
        reread = asking.reread
        if reread is None:
            return None
        self._tell_waiting(reread.waiting)
        return reread if reread.changed else None

    def is_asking(self) -> bool:
        """Whether the sources are being asked, by a thread that a fork should wait for."""
        if self._asking is None:
            return False
        self._asking.join(JUST_ENDING)
        return self._asking.is_alive() and time.monotonic() < self._asking.began + PATIENCE

    def _ask_if_due(self, services: Services) -> None:
        if self._interval is None or time.monotonic() < self._next:
            return
        asking = Asking(services, self._tell_failure, self._on_end)
        try:
            asking.start()
        except RuntimeError as error:  # the system gives no more threads
            self._next = time.monotonic() + self._interval
            logger.warning("the sources of options could not be asked: %s", error)
            return
        self._asking = asking

    def _tell_failure(self, error: Exception) -> None:
        """By the thread that asks, since whoever is told may take its time."""
        text = f"the options stay as they are: {error}"
        if self._is_news(text):
            logger.error("%s", text)
            self._broadcasts.error(self._process, error, "supervisor.options")

    def _tell_waiting(self, names: Sequence[str]) -> None:
        text = f"changed, and will count from the next start on: {', '.join(names)}" if names else ""
        if self._is_news(text) and text:
            logger.warning("%s", text)

    def _is_news(self, text: str) -> bool:
        is_news, self._told = text != self._told, text
        return is_news
