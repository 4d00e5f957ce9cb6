"""The queue in Django's admin. Only autodiscovery imports this: projects without the admin never do."""

from dj_queue.admin.firings import RecurringExecutionAdmin
from dj_queue.admin.jobs import FailedExecutionAdmin, JobAdmin
from dj_queue.admin.pauses import PauseAdmin
from dj_queue.admin.processes import ProcessAdmin
from dj_queue.admin.recurring import RecurringTaskAdmin
from dj_queue.admin.semaphores import SemaphoreAdmin

__all__ = [
    "FailedExecutionAdmin",
    "JobAdmin",
    "PauseAdmin",
    "ProcessAdmin",
    "RecurringExecutionAdmin",
    "RecurringTaskAdmin",
    "SemaphoreAdmin",
]
