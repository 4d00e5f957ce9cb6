"""The keeper: the one thread of a supervisor that talks to the database; the main thread never waits for one."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial

from dj_queue.runtime.db_connections import close_all

logger = logging.getLogger("dj_queue.supervisor")

TICK = 0.5
"""Seconds between looks at what is due."""
JUST_ENDING = 0.05
"""Seconds that a thread asked to end takes to do so, unless its database holds it up."""

type Work = Callable[[], None]


class Keeper:
    """Runs a supervisor's work towards the database again and again. Can end before a fork and start after it."""

    def __init__(self, work: Work, on_end: Work) -> None:
        """Run `work` at every tick and whenever poked; call `on_end` at the end of each thread."""
        self._work = work
        self._on_end = on_end
        self._poked = threading.Event()
        self._asked_to_end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread, unless it runs."""
        if self._thread is not None and self._thread.is_alive():
            return
        self._asked_to_end.clear()
        self._poked.clear()
        self._thread = self._launch(self._keep_working)

    def poke(self) -> None:
        """There is something to do now."""
        self._poked.set()

    def pause(self, timeout: float = JUST_ENDING) -> bool:
        """Ask the thread to end, wait for that `timeout` seconds at most; whether it has. `on_end` tells when it does."""
        if self._thread is None:
            return True
        self._asked_to_end.set()
        self._poked.set()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def close(self, last: Work, timeout: float) -> None:
        """Run `last` in place of the work, and end; a database that does not answer is left after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        if self.pause(timeout):
            self._launch(partial(self._attempt, last)).join(max(0.0, deadline - time.monotonic()))

    def _launch(self, target: Work) -> threading.Thread:
        thread = threading.Thread(target=self._run, args=(target,), name="dj_queue-supervisor", daemon=True)
        thread.start()
        return thread

    def _run(self, target: Work) -> None:
        try:
            target()
        finally:
            close_all()
            self._on_end()

    def _keep_working(self) -> None:
        while not self._asked_to_end.is_set():
            self._attempt(self._work)
            self._poked.wait(TICK)
            self._poked.clear()

    def _attempt(self, work: Work) -> None:
        try:
            work()
        except BaseException:
            # Heartbeats depend on this thread.
            logger.exception("supervising goes on after")
