"""How lists of jobs are narrowed and ordered: each walks one index and stops, whatever the table holds."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from dj_queue.contract import Status
from dj_queue.models import Job

WINDOW = 100_000
"""The newest jobs, looked at where no index knows which of all jobs are meant."""

NEWEST_FIRST = ("-id",)
LAST_ENDED_FIRST = ("-finished_at", "-id")
ORDERS: Mapping[str | None, tuple[str, ...]] = {
    Status.READY: ("queue_name", "-priority", "id"),
    Status.SCHEDULED: ("run_after", "id"),
    Status.BLOCKED: ("concurrency_hash", "slot_until", "-priority", "id"),
    Status.CLAIMED: ("process_id", "id"),
    Status.FAILED: LAST_ENDED_FIRST,
    Status.CANCELLED: LAST_ENDED_FIRST,
    Status.DISCARDED: LAST_ENDED_FIRST,
}
"""By status: the order of its index, which is the order in which its jobs are claimed, due, let in or ended."""

CONDITIONS: Mapping[str, Mapping[str, Any]] = {
    Status.BLOCKED: {"concurrency_hash__isnull": False},
    Status.FAILED: {"finished_at__isnull": False},
    Status.CANCELLED: {"finished_at__isnull": False},
    Status.DISCARDED: {"finished_at__isnull": False},
}
"""By status: what is true of all its jobs, said so that an index of such rows can be used."""


def of_status(jobs: QuerySet[Any], status: str) -> QuerySet[Any]:
    """The jobs of one status."""
    return jobs.filter(status=status, **CONDITIONS.get(status, {}))


def order(status: str | None) -> tuple[str, ...]:
    """The order of a list of jobs of this status; None is a list of all."""
    return ORDERS.get(status, NEWEST_FIRST)


def bounded(jobs: QuerySet[Any], status: str | None) -> QuerySet[Any]:
    """The jobs that a list of this status looks at: all where it has an index of its own, else the newest."""
    if status in ORDERS:
        return jobs
    ids = Job.objects.using(jobs.db).order_by("-id").values_list("id", flat=True)
    oldest = ids[WINDOW : WINDOW + 1].first()
    return jobs if oldest is None else jobs.filter(id__gt=oldest)
