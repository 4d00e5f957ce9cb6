"""What a soak takes from the queue now and then, and when."""

import os
import random
import signal
import time
from contextlib import suppress
from dataclasses import dataclass


@dataclass
class Turns:
    """Does something every so many seconds, when asked often enough."""

    seconds: float
    _next: float = 0.0

    def __post_init__(self):
        self._next = time.monotonic() + self.seconds

    @property
    def are_due(self):
        """Whether it is time; then not again for a while."""
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self.seconds
        return True


def kill_a_worker(pids, ledger):
    """Kill one of these and write it down; returns how many were killed."""
    for pid in random.sample(pids, min(1, len(pids))):
        # Taken before: its jobs may run elsewhere by the time that this process has its turn again.
        moment = time.monotonic()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            ledger.note_death(pid, moment)
            return 1
    return 0
