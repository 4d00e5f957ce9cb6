"""Suspects: jobs on their last chance after crashes run alone, so that one that kills its worker takes no other along."""

import time
from collections import deque
from uuid import UUID

from dj_queue.contract import ClaimedJob
from dj_queue.runtime.attempt import Attempt

LONGEST_WAIT = 30.0
"""Seconds a suspect waits for the jobs beside it to end; then it runs beside them."""


class Suspects:
    """The suspects that one worker holds. While there are any, the worker claims nothing.

    A crash is counted against every job that was running in the process, for nobody knows which one did it.
    Jobs claimed together would be lost together each time, the innocent with the guilty.
    """

    def __init__(self, max_lost_attempts: int) -> None:
        """Hold jobs that one more lost attempt would fail."""
        self._last_chance = max_lost_attempts - 1
        self._waiting: deque[Attempt] = deque()
        self._current: Attempt | None = None

    def __bool__(self) -> bool:
        return bool(self._waiting) or self._runs()

    def suspects(self, job: ClaimedJob) -> bool:
        """Whether the next crash would fail this job."""
        return job.lost > 0 and job.lost >= self._last_chance

    def hold(self, attempt: Attempt) -> None:
        """Keep this attempt until it may run alone."""
        self._waiting.append(attempt)

    def next(self, *, is_alone: bool) -> Attempt | None:
        """The attempt to run now: `is_alone` says that nothing else runs or waits to be recorded here."""
        if self._runs() or not self._waiting:
            return None
        has_waited_long = time.monotonic() - self._waiting[0].claimed_at > LONGEST_WAIT
        if not is_alone and not has_waited_long:
            return None
        self._current = self._waiting.popleft()
        return self._current

    def ids(self) -> set[UUID]:
        """The jobs that wait here."""
        return {attempt.job.id for attempt in self._waiting}

    def take_back(self) -> list[Attempt]:
        """Remove every waiting attempt and return them."""
        taken = list(self._waiting)
        self._waiting.clear()
        return taken

    def _runs(self) -> bool:
        return self._current is not None and self._current.outcome is None
