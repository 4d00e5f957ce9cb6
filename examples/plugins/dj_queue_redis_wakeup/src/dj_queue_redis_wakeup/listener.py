"""The listening side: one subscribed connection, asked for life signs, made anew after it broke."""

import threading
import time
from collections.abc import Sequence
from typing import Any

from redis import Redis
from redis.exceptions import ConnectionError as ConnectionLost

from dj_queue.contract import Selector
from dj_queue_redis_wakeup.bell import Bell
from dj_queue_redis_wakeup.message import concerns
from dj_queue_redis_wakeup.pulse import Pulse
from dj_queue_redis_wakeup.times import Times

MOST_AT_ONCE = 1000
"""Messages read before the listener rings."""


class RedisListener:
    """Waits for announcements of the queues it selects."""

    def __init__(self, client: Redis, channel: str, selectors: Sequence[Selector], times: Times) -> None:
        """Listen to this channel; connects at the first wait."""
        self._client: Any = client  # redis-py types only part of itself.
        self._channel = channel
        self._selectors = tuple(selectors)
        self._times = times
        self._bell = Bell(times.quiet)
        self._pulse = Pulse(times.silence, times.answer)
        self._subscription: Any = None
        self._waiting = threading.Lock()
        self._is_closed = False

    def wait(self, timeout: float) -> bool:
        """See `dj_queue.contract.Listener.wait`.

        Raises:
            RedisError: the connection broke, or Redis does not answer; the next call makes another connection.
        """
        with self._waiting:
            try:
                return self._wait(time.monotonic() + timeout)
            except Exception:
                self._drop()
                if not self._is_closed:
                    raise
                return False
            finally:
                if self._is_closed:
                    self._drop()

    def close(self) -> None:
        """See `dj_queue.contract.Listener.close`."""
        self._is_closed = True
        # Who waits sees it within a look and drops the connection itself.
        if self._waiting.acquire(blocking=False):
            self._drop()
            self._waiting.release()

    def _wait(self, deadline: float) -> bool:
        while not self._is_closed:
            if self._subscription is None:
                self._subscribe()
            self._read()
            now = time.monotonic()
            if self._bell.rings(now):
                return True
            if now >= deadline:
                return False
            self._look_after(now)
            until = min(deadline, self._bell.rings_at, self._pulse.next_moment, now + self._times.look)
            self._subscription.connection.can_read(max(0.0, until - now))
        return False

    def _subscribe(self) -> None:
        self._subscription = self._client.pubsub()
        self._subscription.subscribe(self._channel)
        self._pulse.ask(time.monotonic())

    def _read(self) -> None:
        """Take in what has arrived. An answer to a subscription rings: nobody knows what was announced until then."""
        for _ in range(MOST_AT_ONCE):
            if not self._subscription.connection.can_read(0):
                return
            message = self._subscription.get_message(timeout=self._times.answer)
            now = time.monotonic()
            self._pulse.feel(now)
            if message is not None and self._is_news(message):
                self._bell.hear(now)

    def _is_news(self, message: dict[str, Any]) -> bool:
        if message["type"] == "message":
            return concerns(message["data"], self._selectors)
        return bool(message["type"] == "subscribe")

    def _look_after(self, now: float) -> None:
        """Ask for a life sign when it is time.

        Raises:
            ConnectionLost: none came.
        """
        if self._pulse.is_lost(now):
            raise ConnectionLost(f"Redis did not answer a listener within {self._times.answer:g} s")
        if self._pulse.asks(now):
            self._subscription.ping()
            self._pulse.ask(now)

    def _drop(self) -> None:
        subscription, self._subscription = self._subscription, None
        self._bell, self._pulse = Bell(self._times.quiet), Pulse(self._times.silence, self._times.answer)
        if subscription is not None:
            subscription.close()
