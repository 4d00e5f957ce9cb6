"""The tables of the queue."""

from django.db.models import Model

from dj_queue.models.job import FailedExecution, Job
from dj_queue.models.pause import Pause
from dj_queue.models.process import Process
from dj_queue.models.recurring import RecurringExecution, RecurringTask
from dj_queue.models.semaphore import Semaphore

TABLES: tuple[type[Model], ...] = (Job, Pause, Process, RecurringExecution, RecurringTask, Semaphore)
"""Every table once."""

__all__ = [
    "FailedExecution",
    "Job",
    "Pause",
    "Process",
    "RecurringExecution",
    "RecurringTask",
    "Semaphore",
]
