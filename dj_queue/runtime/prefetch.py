"""How many jobs to claim: those that will start soon. Short jobs are fetched ahead, long ones are not hoarded."""

import time
from collections.abc import Iterable

HORIZON = 0.1
"""Seconds: a claimed job should start within about this time."""
SMOOTHING = 0.2


class Prefetch:
    """Learns how long jobs take here, and turns that into a number of jobs to hold beyond the running ones."""

    def __init__(self, threads: int, most_per_thread: int) -> None:
        """Serve `threads` threads, holding at most `most_per_thread` waiting jobs for each."""
        self._threads = threads
        self._most = threads * most_per_thread
        self._seconds: float | None = None

    def learn(self, seconds: float) -> None:
        """Take note of one job's run time."""
        known = self._seconds
        self._seconds = seconds if known is None else known + SMOOTHING * (seconds - known)

    def ahead(self, running_since: Iterable[float]) -> int:
        """How many jobs to hold waiting, given when (monotonic seconds) the running ones began."""
        if self._seconds is None:
            return 0
        now = time.monotonic()
        longest = max((now - began for began in running_since), default=0.0)
        expected = max(self._seconds, longest / 2, 1e-6)
        return min(self._most, int(self._threads * HORIZON / expected))
