"""Jobs that were claimed ahead and wait too long behind others here, while other workers may be idle."""

import time

from dj_queue.runtime.async_loop import AsyncLoop
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.thread_pool import ThreadPool

HOARD_AFTER = 1.0
"""Seconds after which a claimed job that has not started goes back to others."""
LOOK_EVERY = 0.25
"""Seconds between looks: each goes through all that wait."""


class Hoard:
    """What waits in a worker's executors."""

    def __init__(self, *executors: ThreadPool | AsyncLoop) -> None:
        """Look at these."""
        self._executors = executors
        self._next_look = 0.0

    def overdue(self) -> list[Attempt]:
        """Take out what waits too long, now and then; nothing in between."""
        now = time.monotonic()
        if now < self._next_look:
            return []
        self._next_look = now + LOOK_EVERY
        overdue: list[Attempt] = []
        for executor in self._executors:
            if not executor.waiting():
                continue
            for attempt in executor.take_back():
                if attempt.claimed_at < now - HOARD_AFTER:
                    overdue.append(attempt)
                else:
                    executor.submit(attempt)
        return overdue

    def nap(self, pause: float) -> float:
        """Seconds to sleep instead of `pause`: what waits is to be looked at in time."""
        return min(pause, HOARD_AFTER) if any(executor.waiting() for executor in self._executors) else pause
