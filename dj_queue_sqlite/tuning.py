"""The indexes that only this plugin's own statements use."""

from django.db.models import Index, Q

from dj_queue.contract import Status

INDEXES = tuple(
    Index(
        name=f"djqueue_sqlite_{status.value}",
        fields=["backend_alias", "queue_name"],
        condition=Q(status=status.value),
    )
    for status in (Status.SCHEDULED, Status.BLOCKED)
)
