"""Promoting due jobs and pruning old ones through the ORM."""

from datetime import datetime
from uuid import UUID

from django.db import connections
from django.db.models import QuerySet
from django.db.models.expressions import Expression

from dj_queue.contract import Promoted, Status
from dj_queue.models import Job


def promote_due(alias: str, backend_alias: str, limit: int, clock: Expression) -> Promoted:
    """Make up to `limit` due jobs ready, or blocked when a concurrency key must admit them first."""
    due = (
        Job.objects.using(alias)
        .filter(backend_alias=backend_alias, status=Status.SCHEDULED, run_after__lte=clock)
        .order_by("run_after")
        .values_list("id", "queue_name", "concurrency_hash")
    )
    rows = _locked(due, limit)
    free = [(job_id, queue) for job_id, queue, key in rows if key is None]
    keyed = [(job_id, key) for job_id, _queue, key in rows if key is not None]
    _set_status(alias, [job_id for job_id, _ in free], Status.READY)
    _set_status(alias, [job_id for job_id, _ in keyed], Status.BLOCKED)
    return Promoted(len(rows), frozenset(queue for _, queue in free), frozenset(key for _, key in keyed))


def prune(alias: str, backend_alias: str, status: Status, before: datetime, limit: int) -> int:
    """Delete up to `limit` jobs of one finished status that ended before `before`."""
    old = Job.objects.using(alias).filter(backend_alias=backend_alias, status=status, finished_at__lt=before)
    ids = list(old.order_by("finished_at").values_list("id", flat=True)[:limit])
    if not ids:
        return 0
    # One that an operator retried meanwhile is not old any more, and stays. By their ids alone: with the backend
    # alias too, some planners would walk all that ended instead.
    found = Job.objects.using(alias).filter(id__in=ids, status=status, finished_at__lt=before)
    deleted, _by_model = found.delete()
    return deleted


def _locked[Row](rows: QuerySet[Job, Row], limit: int) -> list[Row]:
    """The first of these rows, locked: by their ids where the database cannot lock what it limits."""
    if not connections[rows.db].features.supports_select_for_update_with_limit:
        ids = list(rows.values_list("id", flat=True)[:limit])
        return list(skip_locked(rows.filter(id__in=ids)))
    return list(skip_locked(rows)[:limit])


def skip_locked[Row](rows: QuerySet[Job, Row]) -> QuerySet[Job, Row]:
    """Lock these rows, leaving out those another transaction holds, where the database can."""
    features = connections[rows.db].features
    if not features.has_select_for_update_skip_locked:
        return rows.select_for_update()
    return rows.select_for_update(skip_locked=True)


def _set_status(alias: str, ids: list[UUID], status: Status) -> None:
    if ids:
        scheduled = Job.objects.using(alias).filter(id__in=ids, status=Status.SCHEDULED)
        scheduled.update(status=status, slot_until=None)
