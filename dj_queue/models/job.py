"""The job: one row from enqueue until its retention ends."""

from typing import ClassVar

from django.db import models

from dj_queue.contract import Status
from dj_queue.contract.payload import PayloadEncoder
from dj_queue.contract.printable import printable
from dj_queue.models.fields import UTCDateTimeField

HASH_LENGTH = 64


class Job(models.Model):
    """One enqueued call of a task. Every change of a row's status is made by `dj_queue.operations`.

    The indexes of the hot path are not here: each dialect creates those its own queries use.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    backend_alias = models.CharField(max_length=64)
    queue_name = models.CharField(max_length=128)
    priority = models.SmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=[(s.value, s.value) for s in Status])
    task_path = models.CharField(max_length=255)
    args = models.JSONField(default=list, encoder=PayloadEncoder)
    kwargs = models.JSONField(default=dict, encoder=PayloadEncoder)

    enqueued_at = UTCDateTimeField()
    run_after = UTCDateTimeField(null=True)
    claimed_at = UTCDateTimeField(null=True)
    started_at = UTCDateTimeField(null=True)
    last_attempted_at = UTCDateTimeField(null=True)
    finished_at = UTCDateTimeField(null=True)

    attempts = models.IntegerField(default=0)
    lost = models.IntegerField(default=0)
    process_id = models.UUIDField(null=True)
    on_crash = models.CharField(max_length=8, default="retry")
    return_value = models.JSONField(null=True, encoder=PayloadEncoder)
    errors = models.JSONField(null=True)

    concurrency_key = models.TextField(null=True)  # noqa: DJ001 - None means the job has no key; "" is a key
    concurrency_hash = models.CharField(max_length=HASH_LENGTH, null=True)  # noqa: DJ001 - as above
    concurrency_limit = models.IntegerField(null=True)
    concurrency_duration = models.FloatField(null=True)
    on_conflict = models.CharField(max_length=8, null=True)  # noqa: DJ001 - as above
    slot_until = UTCDateTimeField(null=True)

    class Meta:
        db_table = "dj_queue_job"
        default_permissions = ("view",)
        permissions: ClassVar = [
            ("retry_job", "Can retry failed jobs"),
            ("discard_job", "Can discard jobs"),
        ]

    def __str__(self) -> str:
        return printable(f"{self.task_path} {self.id}")


class FailedExecutionManager(models.Manager["FailedExecution"]):
    """Finds failed jobs only."""

    def get_queryset(self) -> models.QuerySet["FailedExecution"]:
        """Jobs whose last attempt failed for good."""
        return super().get_queryset().filter(status=Status.FAILED)


class FailedExecution(Job):
    """A failed job, as operators look for it: the same rows as `Job`, those with status failed."""

    objects = FailedExecutionManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        default_permissions = ("view",)
