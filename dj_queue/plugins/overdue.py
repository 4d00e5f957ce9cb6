"""Hook calls that do not return: their plugin is named while they still run."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

from dj_queue.plugins.records import LoadedPlugin

logger = logging.getLogger("dj_queue.plugins")

PATIENCE = 10.0
"""Seconds after which a call is overdue."""


class CallsUnderWay:
    """The calls that one host makes in this process; whoever has a loop asks it to tell of those that are overdue."""

    def __init__(self, patience: float = PATIENCE) -> None:
        """Take calls for overdue after `patience` seconds."""
        self._patience = patience
        self._numbers = count()
        self._calls: dict[int, tuple[LoadedPlugin, str, float]] = {}

    def began(self, plugin: LoadedPlugin, hook: str) -> int:
        """Take note of a call; returns what `ended` wants."""
        number = next(self._numbers)
        self._calls[number] = (plugin, hook, time.monotonic())
        return number

    def ended(self, number: int) -> None:
        """The call has returned, or raised."""
        self._calls.pop(number, None)

    def tell_overdue(self) -> None:
        """Log each call that is overdue, once."""
        latest = time.monotonic() - self._patience
        for number, (plugin, hook, began) in list(self._calls.items()):
            if began <= latest:
                self.ended(number)
                logger.error("%s has not returned from %s for %g s", plugin.label, hook, self._patience)

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Tell of the calls of this block that are overdue, whatever else this process does meanwhile."""
        timer = threading.Timer(self._patience, self.tell_overdue)
        timer.name, timer.daemon = "dj_queue-overdue", True
        try:
            timer.start()
        except RuntimeError:  # the system gives no more threads, or the interpreter ends
            yield
            return
        try:
            yield
        finally:
            timer.cancel()
            # No thread may be left when processes fork.
            timer.join()

    def forget(self) -> None:
        """Forget the calls of the process that this one was forked from."""
        self._calls.clear()
