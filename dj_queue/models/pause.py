"""The pause: a queue whose jobs wait until it is resumed."""

from typing import ClassVar

from django.db import models

from dj_queue.contract.printable import printable
from dj_queue.models.fields import UTCDateTimeField


class Pause(models.Model):
    """One paused queue of one backend alias."""

    id = models.BigAutoField(primary_key=True)
    backend_alias = models.CharField(max_length=64)
    queue_name = models.CharField(max_length=128)
    created_at = UTCDateTimeField()

    class Meta:
        db_table = "dj_queue_pause"
        default_permissions = ("view",)
        permissions: ClassVar = [("pause_queue", "Can pause and resume queues")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["backend_alias", "queue_name"], name="djqueue_pause_queue"),
        ]

    def __str__(self) -> str:
        return printable(self.queue_name)
