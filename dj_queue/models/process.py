"""The process: one registered runtime process and its heartbeat."""

from typing import ClassVar

from django.db import models

from dj_queue.contract.printable import printable
from dj_queue.models.fields import UTCDateTimeField


class Process(models.Model):
    """A supervisor, worker, dispatcher or scheduler. The id is random for each start, never host and pid."""

    id = models.UUIDField(primary_key=True, editable=False)
    backend_alias = models.CharField(max_length=64)
    kind = models.CharField(max_length=16)
    name = models.CharField(max_length=255)
    pid = models.IntegerField()
    hostname = models.CharField(max_length=255)
    supervisor_id = models.UUIDField(null=True)
    metadata = models.JSONField(default=dict)
    started_at = UTCDateTimeField()
    last_heartbeat_at = UTCDateTimeField()

    class Meta:
        db_table = "dj_queue_process"
        default_permissions = ("view",)
        verbose_name_plural = "processes"
        indexes: ClassVar = [models.Index(fields=["last_heartbeat_at"], name="djqueue_process_beat")]

    def __str__(self) -> str:
        return printable(self.name)
