"""Promote: scheduled jobs that are due become ready, by the database's clock."""

import time
from datetime import timedelta

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


def seconds_until_due(services: Services) -> float | None:
    """Seconds until the next scheduled job is due; None when none is scheduled."""
    jobs = Job.objects.using(services.database.alias)
    # None of them has finished: said so that an index of moments can be used.
    scheduled = jobs.filter(backend_alias=services.alias, status=Status.SCHEDULED, finished_at=None)
    first = scheduled.order_by("run_after").values_list("run_after", flat=True).first()
    if first is None:
        return None
    wait: timedelta = first - services.dialect.now()
    return max(0.0, wait.total_seconds())
