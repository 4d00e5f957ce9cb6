"""The scheduler: enqueues recurring tasks when their slots are due."""

from collections.abc import Mapping
from typing import Any

from dj_queue.operations import recurring
from dj_queue.runtime.actor import Actor, Placement
from dj_queue.services import Services

SOON = 0.01


class Scheduler(Actor):
    """Fires every due slot, then sleeps until the next, a polling interval at most. Any number may run."""

    kind = "scheduler"

    def __init__(self, services: Services, placement: Placement) -> None:
        """Schedule the recurring tasks of this alias."""
        super().__init__(services, placement)
        self._is_synced = False

    def metadata(self) -> Mapping[str, Any]:
        """What is scheduled."""
        return {
            "recurring": [task.key for task in self.services.options.recurring],
            "dynamic_tasks_enabled": self.services.options.scheduler.dynamic_tasks_enabled,
        }

    def step(self) -> float:
        """Fire what is due."""
        if not self._is_synced:
            recurring.sync_static(self.services)
            self._is_synced = True
        now = self.services.dialect.now()
        wait = self.services.options.scheduler.polling_interval
        for task in recurring.active_tasks(self.services):
            until_next = recurring.fire_due(self.services, task, now)
            if until_next is not None:
                wait = min(wait, max(until_next, SOON))
        return wait
