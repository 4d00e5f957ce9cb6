"""Before anything runs: wait for the database and its migrations, log advice."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from django.db import Error

from dj_queue.contract import CheckMessage
from dj_queue.exceptions import DatabaseNotReady
from dj_queue.runtime.backoff import Backoff
from dj_queue.runtime.db_connections import close_all
from dj_queue.runtime.signals import Signals
from dj_queue.schema import what_is_missing
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.boot")

LOOK_EVERY = 0.5


class Standby:
    """The time until the supervisor takes over: signals that ask for the end are heeded, whatever the database does."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        """Call `on_end` when a signal asks for the end: a supervisor that starts all the same ends at once."""
        self.is_over = False
        self._on_end = on_end
        self._signals = Signals(self._end, self._end)

    def __enter__(self) -> Self:
        self._signals.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._signals.__exit__(kind, error, trace)

    def pause(self, seconds: float) -> None:
        """Wait so long, unless a signal or `wake` comes first."""
        self._signals.wait(seconds)

    def wake(self) -> None:
        """End a pause. Safe from any thread."""
        self._signals.wake()

    def be_last(self) -> None:
        """The process ends after this: a signal that comes later finds nothing to do."""
        self._signals.be_last()

    def _end(self) -> None:
        self.is_over = True
        self._on_end()


class Look(threading.Thread):
    """One look at the database, in a thread that may hang: the main one has signals to heed."""

    def __init__(self, services: Services, on_end: Callable[[], None]) -> None:
        """Look at the database of this alias, then call `on_end`."""
        super().__init__(name="dj_queue-boot", daemon=True)
        self.missing: str | None = None
        self.advice: Sequence[CheckMessage] = ()
        self.error: Exception | None = None
        self.ended = threading.Event()
        self._services = services
        self._on_end = on_end

    def run(self) -> None:
        """Find out what is missing, or else what could be better."""
        try:
            self.missing = what_is_missing(self._services.database.alias)
            if self.missing is None:
                self.advice = self._services.dialect.startup_messages()
        except Exception as error:
            self.error = error
        finally:
            close_all()
            self.ended.set()
            self._on_end()


def wait_until_ready(services: Services, timeout: float, standby: Standby) -> None:
    """Return once the queue's tables are there, or `standby` is over. A silent database is waited for without limit.

    Raises:
        DatabaseNotReady: the database answers, and its tables are still missing after `timeout` seconds.
    """
    backoff = Backoff(services, "boot")
    deadline: float | None = None
    while not standby.is_over:
        look = _look(services, standby)
        if not look.ended.is_set():
            return
        if isinstance(look.error, Error):
            standby.pause(backoff.failed(look.error))
            continue
        if look.error is not None:
            raise look.error
        if look.missing is None:
            _log(look.advice)
            return
        now = time.monotonic()
        if deadline is None:
            deadline = now + timeout
            logger.warning("waiting %g s: %s", timeout, look.missing)
        if now >= deadline:
            raise DatabaseNotReady(look.missing)
        standby.pause(min(LOOK_EVERY, deadline - now))


def _look(services: Services, standby: Standby) -> Look:
    look = Look(services, standby.wake)
    look.start()
    while not look.ended.is_set() and not standby.is_over:
        standby.pause(LOOK_EVERY)
    if look.ended.is_set():
        # No thread may be left when processes fork.
        look.join()
    return look


def _log(advice: Sequence[CheckMessage]) -> None:
    """Say what an operator should change about the database."""
    for message in advice:
        level = logging.ERROR if message.level == "error" else logging.WARNING
        stop = "" if message.text.endswith((".", "!", "?")) else "."
        logger.log(level, "%s", f"{message.text}{stop} {message.hint}".rstrip())
