"""Wakeups on PostgreSQL: NOTIFY after the commit, throttled; one LISTEN connection for each listener."""

import time
from collections.abc import Collection, Mapping, Sequence

from django.db import connections

from dj_queue.contract import SCHEDULED, DatabaseInfo, Listener, Selector
from dj_queue_postgres.connection import cursor
from dj_queue_postgres.listener import CHANNEL, SCHEDULED_CHANNEL, NotifyListener

QUIET = 0.02
"""Seconds after an announcement in which a process announces the same queue no more.

Nothing is missed: whoever hears an announcement looks again once this time is over.
"""
MOST_BYTES = 7000
ANY_QUEUE = "*"

NOTIFY = "SELECT pg_notify(%s, %s)"


class NotifyWakeup:
    """Tells listeners of the same database which queues got jobs."""

    name = "notify"
    hears_every_host = True

    def __init__(self, database: DatabaseInfo) -> None:
        """Announce on this database; connects to nothing."""
        self._alias = database.alias
        self._quiet_until: Mapping[str, float] = {}

    def announce(self, queues: Collection[str]) -> None:
        """One NOTIFY for workers, one for dispatchers, each in a transaction of its own; not what was told a moment ago."""
        now = time.monotonic()
        quiet = {queue: until for queue, until in self._quiet_until.items() if until > now}
        due = [queue for queue in queues if queue not in quiet]
        if not due or not connections[self._alias].get_autocommit():
            return
        # Replaced and never changed, as other threads may be reading it.
        self._quiet_until = {**quiet, **dict.fromkeys(due, now + QUIET)}
        ready = [queue for queue in due if queue != SCHEDULED]
        with cursor(self._alias) as raw:
            if ready:
                raw.execute(NOTIFY, (CHANNEL, _payload(ready)))
            if len(ready) < len(due):
                raw.execute(NOTIFY, (SCHEDULED_CHANNEL, SCHEDULED))

    def listen(self, selectors: Sequence[Selector]) -> Listener | None:
        """A listener with a connection of its own."""
        return NotifyListener(self._alias, selectors, echo_after=QUIET)


def _payload(queues: Sequence[str]) -> str:
    """The names, a line each: none has a control character."""
    text = "\n".join(queues)
    return text if len(text.encode()) <= MOST_BYTES else ANY_QUEUE
