"""The listening side: a connection that hears NOTIFY, pings itself, and tells when it hears nothing any more."""

import selectors
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

from django.db import connections
from django.db.utils import OperationalError

from dj_queue.contract import Selector, are_for_dispatchers

CHANNEL = "dj_queue"
SCHEDULED_CHANNEL = f"{CHANNEL}_scheduled"
"""For dispatchers, whom each announcement of ready jobs would wake for nothing."""
PING_EVERY = 30.0
PONG_WITHIN = 5.0
LIFE_SIGNS = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
}
"""For the kernel to find a connection dead within seconds; what DATABASES says comes first."""


class NotifyListener:
    """Waits for announcements of the queues it selects."""

    def __init__(self, alias: str, selectors: Sequence[Selector], echo_after: float) -> None:
        """Listen on this database, opened at the first wait.

        Args:
            alias: the key in DATABASES.
            selectors: the queues that matter.
            echo_after: seconds after each announcement when the listener rings once more, for those that
                its sender left out.
        """
        self._alias = alias
        self._selectors = tuple(selectors)
        self._channel = SCHEDULED_CHANNEL if are_for_dispatchers(selectors) else CHANNEL
        self._echo_after = echo_after
        self._echo_at: float | None = None
        self._later_echo_at: float | None = None
        self._wrapper: Any = None
        self._ping_channel = f"{CHANNEL}_{uuid4().hex[:12]}"
        self._next_ping = 0.0
        self._pong_by: float | None = None
        self._was_reached = False
        self._wake, self._woken = socket.socketpair()
        self._waiting = threading.Lock()
        self._is_closed = False

    def wait(self, timeout: float) -> bool:
        """See `dj_queue.contract.Listener.wait`."""
        with self._waiting:
            try:
                hinted = self._wait(time.monotonic() + timeout)
            except BaseException:
                self._drop()
                raise
            if self._is_closed:
                self._drop()
            return hinted

    def close(self) -> None:
        """See `dj_queue.contract.Listener.close`."""
        if self._is_closed:
            return
        self._is_closed = True
        with suppress(OSError):  # Who waits may have dropped it just now.
            self._wake.send(b"x")
        # Who waits drops the connection itself.
        if self._waiting.acquire(blocking=False):
            self._drop()
            self._waiting.release()

    def _wait(self, deadline: float) -> bool:
        while not self._is_closed:
            if self._wrapper is None:
                self._connect()
                return True  # Nobody knows what was announced until now.
            if self._hears() or self._is_echo_due():
                return True
            now = time.monotonic()
            if now >= deadline:
                return False
            self._sleep(max(0.0, min(deadline, self._next_moment()) - now))
        return False

    def _sleep(self, seconds: float) -> None:
        """Until something arrives, `close` is called, or the time is over."""
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._wrapper.connection, selectors.EVENT_READ)
            waiting.register(self._woken, selectors.EVENT_READ)
            waiting.select(seconds)

    def _hears(self) -> bool:
        """Read what has arrived; whether a selected queue was announced. Rings once for a burst of them."""
        self._ping_when_due()
        heard, connection = False, self._wrapper.connection
        for notification in connection.notifies(timeout=0):
            if notification.channel == self._ping_channel:
                self._pong_by, self._was_reached = None, True
            elif self._matters(notification.payload):
                heard = True
        while not connection.pgconn.is_busy() and connection.pgconn.get_result():
            pass  # what the server says of a ping
        if not heard:
            return False
        echo_at = time.monotonic() + self._echo_after
        if self._echo_at is not None:
            # The pending echo tells of this one, but may come before those that its sender leaves out.
            self._later_echo_at = echo_at
            return False
        self._echo_at = echo_at
        return True

    def _is_echo_due(self) -> bool:
        if self._echo_at is None or time.monotonic() < self._echo_at:
            return False
        self._echo_at, self._later_echo_at = self._later_echo_at, None
        return True

    def _matters(self, payload: str) -> bool:
        return any(
            queue == "*" or any(selector.matches(queue) for selector in self._selectors)
            for queue in payload.split("\n")
        )

    def _next_moment(self) -> float:
        own = self._next_ping if self._pong_by is None else self._pong_by
        return own if self._echo_at is None else min(own, self._echo_at)

    def _ping_when_due(self) -> None:
        now = time.monotonic()
        if self._pong_by is None:
            if now >= self._next_ping:
                self._ping()
                self._next_ping, self._pong_by = now + PING_EVERY, now + PONG_WITHIN
        elif now >= self._pong_by:
            raise OperationalError(
                f"database {self._alias!r} did not deliver a notification to its own sender within "
                f"{PONG_WITHIN:g} s: is a pooler in transaction mode in between? "
                "Then set OPTIONS['listen_notify'] to False"
            )

    def _ping(self) -> None:
        """Notify oneself; from elsewhere the first time, as a pooler may well deliver what one sends oneself."""
        own = self._wrapper.connection.pgconn
        if self._was_reached:
            # Without waiting for the answer: there may be none.
            own.send_query(f"NOTIFY {self._ping_channel}".encode())
            return
        elsewhere = _open(self._alias)
        try:
            elsewhere.connection.execute(f"NOTIFY {self._ping_channel}")
        finally:
            elsewhere.close()

    def _connect(self) -> None:
        self._wrapper = _open(self._alias)
        for channel in (self._channel, self._ping_channel):
            self._wrapper.connection.execute(f"LISTEN {channel}")
        self._ping_when_due()

    def _drop(self) -> None:
        wrapper, self._wrapper = self._wrapper, None
        self._next_ping, self._pong_by, self._was_reached = 0.0, None, False
        self._echo_at = self._later_echo_at = None
        if wrapper is not None:
            wrapper.close()
        if self._is_closed:
            self._wake.close()
            self._woken.close()


def _open(alias: str) -> Any:
    """A connection of its own, made as Django makes them, outside any pool: it is kept for good."""
    wrapper: Any = connections.create_connection(alias)
    options = {**LIFE_SIGNS, **wrapper.settings_dict["OPTIONS"]}
    options.pop("pool", None)
    wrapper.settings_dict = {**wrapper.settings_dict, "OPTIONS": options}
    wrapper.inc_thread_sharing()  # whoever closes the listener may be the one to close it
    wrapper.connect()
    return wrapper
