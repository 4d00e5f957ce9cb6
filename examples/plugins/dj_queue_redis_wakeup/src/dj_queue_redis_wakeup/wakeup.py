"""The transport: what one process announces, and the listeners it gives."""

import time
from collections.abc import Collection, Mapping, Sequence

from redis import RedisError

from dj_queue.contract import Listener, Selector
from dj_queue_redis_wakeup.client import client
from dj_queue_redis_wakeup.listener import RedisListener
from dj_queue_redis_wakeup.message import pack
from dj_queue_redis_wakeup.times import Times


class RedisWakeup:
    """Tells every listener of a channel, on any host, which queues got jobs. Used by any thread."""

    name = "redis"
    hears_every_host = True

    def __init__(self, url: str, channel: str, times: Times | None = None) -> None:
        """Announce on this channel; connects to nothing."""
        self._url = url
        self._channel = channel
        self._times = times or Times()
        self._client = client(url, self._times.announce)
        self._quiet_until: Mapping[str, float] = {}
        self._paused_until = 0.0

    def announce(self, queues: Collection[str]) -> None:
        """One message for the queues that were not announced a moment ago.

        Raises:
            RedisError: Redis cannot be reached or does not answer; for some seconds it is not tried again.
        """
        now = time.monotonic()
        quiet = {queue: until for queue, until in self._quiet_until.items() if until > now}
        due = [queue for queue in queues if queue not in quiet]
        if not due or now < self._paused_until:
            return
        # Replaced and never changed, as other threads may be reading it.
        self._quiet_until = {**quiet, **dict.fromkeys(due, now + self._times.quiet)}
        try:
            self._client.publish(self._channel, pack(due))
        except RedisError:
            self._paused_until = time.monotonic() + self._times.pause
            raise

    def listen(self, selectors: Sequence[Selector]) -> Listener | None:
        """A listener with a connection of its own, made at its first wait."""
        return RedisListener(client(self._url, self._times.answer), self._channel, selectors, self._times)
