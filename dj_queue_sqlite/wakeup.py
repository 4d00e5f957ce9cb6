"""Wakeups on SQLite: `PRAGMA data_version` changes when another connection commits."""

import threading
import time
from collections.abc import Collection, Sequence

from django.db import connections

from dj_queue.contract import DatabaseInfo, Listener, Selector, are_for_dispatchers

LOOK_EVERY = 0.01
"""Seconds between looks. One costs some microseconds, but also wakes a thread."""
LOOK_IDLE_EVERY = 0.1
IDLE_AFTER = 1.0
"""Seconds without a change after which looks come less often."""


class DataVersionWakeup:
    """Tells that something was committed to the file, not what: a hint is cheap to follow up here."""

    name = "data_version"
    hears_every_host = True

    def __init__(self, database: DatabaseInfo) -> None:
        """Watch the file of this database."""
        self._alias = database.alias

    def announce(self, queues: Collection[str]) -> None:
        """Nothing to send: the commit itself is the announcement."""

    def listen(self, selectors: Sequence[Selector]) -> Listener | None:
        """A listener on this thread's own connection; none for dispatchers, who would look after every commit."""
        if are_for_dispatchers(selectors):
            return None
        return DataVersionListener(self._alias)


class DataVersionListener:
    """Looks at the change counter until it moves."""

    def __init__(self, alias: str) -> None:
        """Listen on the calling thread's connection, opened at the first wait."""
        self._alias = alias
        self._closed = threading.Event()
        self._seen: int | None = None
        self._changed_at = 0.0

    def wait(self, timeout: float) -> bool:
        """See `dj_queue.contract.Listener.wait`."""
        deadline = time.monotonic() + timeout
        while not self._has_changed():
            now = time.monotonic()
            is_idle = now > self._changed_at + IDLE_AFTER
            if now >= deadline or self._closed.wait(LOOK_IDLE_EVERY if is_idle else LOOK_EVERY):
                return False
        self._changed_at = time.monotonic()
        return True

    def close(self) -> None:
        """See `dj_queue.contract.Listener.close`."""
        self._closed.set()

    def _has_changed(self) -> bool:
        connection = connections[self._alias]
        connection.ensure_connection()
        version: int
        (version,) = connection.connection.execute("PRAGMA data_version").fetchone()
        seen, self._seen = self._seen, version
        return seen != version
