"""The dispatcher: promotes due jobs, hands on free concurrency slots, and cleans up what is over."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from dj_queue.config.options import DispatcherOptions
from dj_queue.contract import SCHEDULED, Selector
from dj_queue.operations import cleanup, concurrency
from dj_queue.operations.promote import promote_due, seconds_until_due
from dj_queue.runtime.actor import Actor, Placement
from dj_queue.runtime.listeners import Listeners
from dj_queue.services import Services

CLEANUP_INTERVAL = 60.0
SOON = 0.01
HINTS_APART = 0.02
"""Seconds between looks that follow hints: retries come in bursts."""


class Dispatcher(Actor):
    """Promotes until nothing is due, then sleeps until the next job is, or a hint of one; a polling interval at most."""

    kind = "dispatcher"

    def __init__(self, services: Services, options: DispatcherOptions, placement: Placement) -> None:
        """Dispatch the jobs of this alias."""
        super().__init__(services, placement)
        self._options = options
        self._listeners = Listeners(services, (Selector(SCHEDULED),), self.bell)
        self._is_behind = False
        self._next_hinted = 0.0
        self._next_sweep = 0.0
        self._next_cleanup = time.monotonic() + CLEANUP_INTERVAL / 4

    def metadata(self) -> Mapping[str, Any]:
        """Batch size and interval."""
        return {"batch_size": self._options.batch_size, "polling_interval": self._options.polling_interval}

    def begin(self) -> None:
        """Listen for jobs that are due soon."""
        self._listeners.start()

    def end(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def step(self) -> float:
        """Promote one batch of what is due; sweep and clean up when it is time."""
        now = time.monotonic()
        if self.hinted and now < self._next_hinted:
            return self._next_hinted - now
        self.hinted, self._next_hinted = False, now + HINTS_APART
        due = self._promote()
        if self._is_behind:
            return 0.0
        if self._options.concurrency_maintenance:
            self._next_sweep = self._every(
                self._options.concurrency_maintenance_interval, self._next_sweep, self._sweep
            )
        self._next_cleanup = self._every(CLEANUP_INTERVAL, self._next_cleanup, self._clean_up)
        interval = self._listeners.polling_interval(self._options.polling_interval)
        # What was done meanwhile took its time.
        return interval if due is None else min(interval, max(due - (time.monotonic() - now), SOON))

    def _promote(self) -> float | None:
        """Promote a batch, if any job is due; returns the seconds until the next one is, None when none is scheduled."""
        due = 0.0 if self._is_behind else seconds_until_due(self.services)
        if due is None or due > 0.0:
            return due
        batch_size = self._options.batch_size
        self._is_behind = promote_due(self.services, batch_size) == batch_size
        return 0.0 if self._is_behind else seconds_until_due(self.services)

    def _every(self, interval: float, due_at: float, work: Callable[[], None]) -> float:
        if time.monotonic() < due_at:
            return due_at
        work()
        return time.monotonic() + interval

    def _sweep(self) -> None:
        concurrency.sweep(self.services, self._goes_on)

    def _clean_up(self) -> None:
        cleanup.prune_by_retention(self.services, self._goes_on)
        concurrency.forget_unused(self.services, self._goes_on)

    def _goes_on(self) -> bool:
        """Before a batch of other work: promote all that came due meanwhile. False once there is a stop to follow."""
        while not self.stopping.is_set():
            self._promote()
            if not self._is_behind:
                return True
        return False
