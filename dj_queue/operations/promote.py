"""Promote: scheduled jobs that are due become ready, by the database's clock."""

import time
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db.models import F, QuerySet

from dj_queue.contract import Status, events
from dj_queue.models import Job
from dj_queue.operations.announce import announce
from dj_queue.operations.concurrency import admit
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services


def promote_due(services: Services, batch_size: int) -> int:
    """Promote one batch of due jobs; returns how many. Fewer than `batch_size` means nothing more is due."""
    began = time.perf_counter()
    promoted = in_transaction(services, lambda: services.dialect.promote_due(services.alias, batch_size))
    queues = promoted.queues
    if promoted.concurrency_hashes:
        queues |= admit(services, promoted.concurrency_hashes).queues
    announce(services, queues)
    if promoted.count and services.broadcasts.event:
        seconds = time.perf_counter() - began
        services.broadcasts.event(event=events.Event(events.PROMOTE, services.alias, seconds, promoted.count))
    return promoted.count


def next_due(services: Services) -> datetime | None:
    """When the next scheduled job is due; None when none is scheduled."""
    # None of them has finished: said so that an index of moments can be used. A hand in the table leaves no moment.
    first = _scheduled(services).filter(finished_at=None, run_after__isnull=False).order_by("run_after")
    return first.values_list("run_after", flat=True).first()


def seconds_until_due(services: Services) -> float | None:
    """Seconds until the next scheduled job is due; None when none is scheduled."""
    first = next_due(services)
    if first is None:
        return None
    wait: timedelta = first - services.dialect.now()
    return max(0.0, wait.total_seconds())


def scheduled_ids(services: Services) -> frozenset[UUID]:
    """The jobs that wait for their moment."""
    return frozenset(_scheduled(services).values_list("id", flat=True))


def make_due(services: Services, moment: datetime) -> int:
    """Have scheduled jobs that are due by `moment` be due now, as if that much time had passed; returns how many."""
    early = _scheduled(services).filter(run_after__lte=moment)
    return in_transaction(services, partial(early.update, run_after=services.dialect.now()))


def postpone(services: Services, job_ids: Collection[UUID], by: timedelta) -> int:
    """Have these scheduled jobs be due that much later; returns how many."""
    jobs = _scheduled(services).filter(id__in=list(job_ids))
    return in_transaction(services, partial(jobs.update, run_after=F("run_after") + by))


def _scheduled(services: Services) -> QuerySet[Job]:
    jobs = Job.objects.using(services.database.alias)
    return jobs.filter(backend_alias=services.alias, status=Status.SCHEDULED)
