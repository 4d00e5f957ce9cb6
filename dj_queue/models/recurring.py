"""Recurring tasks and their firings: what is due by a schedule, and which slots were enqueued."""

from typing import ClassVar

from django.db import models

from dj_queue.contract.payload import PayloadEncoder
from dj_queue.contract.printable import printable
from dj_queue.models.fields import UTCDateTimeField
from dj_queue.models.job import HASH_LENGTH


class RecurringTask(models.Model):
    """A task with a schedule. Static ones follow the configuration; dynamic ones are made at run time."""

    id = models.BigAutoField(primary_key=True)
    backend_alias = models.CharField(max_length=64)
    key = models.TextField()
    key_hash = models.CharField(max_length=HASH_LENGTH)
    is_static = models.BooleanField(default=False)
    task_path = models.CharField(max_length=255)
    schedule = models.CharField(max_length=255)
    time_zone = models.CharField(max_length=64, blank=True)
    catch_up = models.CharField(max_length=8, default="last")
    args = models.JSONField(default=list, encoder=PayloadEncoder)
    kwargs = models.JSONField(default=dict, encoder=PayloadEncoder)
    queue_name = models.CharField(max_length=128, default="default")
    priority = models.SmallIntegerField(default=0)
    description = models.TextField(blank=True)
    scheduled_from = UTCDateTimeField()
    """No slot before this moment fires: when the task, or its present schedule, came to be."""
    last_run_at = UTCDateTimeField(null=True)

    class Meta:
        db_table = "dj_queue_recurring_task"
        default_permissions = ("view",)
        permissions: ClassVar = [("run_recurringtask", "Can enqueue recurring tasks now and unschedule them")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["backend_alias", "key_hash"], name="djqueue_recurring_key"),
        ]

    def __str__(self) -> str:
        return printable(self.key)


class RecurringExecution(models.Model):
    """One slot of a recurring task that was enqueued. Its uniqueness is what fires each slot once."""

    id = models.BigAutoField(primary_key=True)
    backend_alias = models.CharField(max_length=64)
    key_hash = models.CharField(max_length=HASH_LENGTH)
    run_at = UTCDateTimeField()
    job_id = models.UUIDField()
    created_at = UTCDateTimeField()

    class Meta:
        db_table = "dj_queue_recurring_execution"
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["backend_alias", "key_hash", "run_at"], name="djqueue_recurring_slot"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["created_at"], name="djqueue_recurring_created")]

    def __str__(self) -> str:
        return f"{self.key_hash[:8]} {self.run_at}"
