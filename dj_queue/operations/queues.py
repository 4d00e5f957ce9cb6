"""Queues: paused, resumed, cleared and measured."""

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError
from django.db.models import QuerySet

from dj_queue.contract import Status
from dj_queue.contract.names import check_queue_name
from dj_queue.models import Job, Pause
from dj_queue.operations.announce import announce
from dj_queue.operations.jobs import discard_in_batches
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services

UNFINISHED = [status for status in Status if not status.is_finished]


def pause(services: Services, queue_name: str) -> bool:
    """Keep this queue's jobs from being claimed; False when it was paused already."""
    check_queue_name(queue_name)
    pauses = Pause.objects.using(services.database.alias)

    def insert() -> None:
        pauses.create(backend_alias=services.alias, queue_name=queue_name, created_at=services.dialect.now())

    try:
        in_transaction(services, insert)
    except IntegrityError:
        return False
    return True


def resume(services: Services, queue_name: str) -> bool:
    """Let this queue's jobs be claimed again; False when it was not paused."""
    row = _pause_of(services, queue_name)
    deleted, _ = in_transaction(services, row.delete)
    announce(services, [queue_name])
    return bool(deleted)


def is_paused(services: Services, queue_name: str) -> bool:
    """Whether this queue is paused."""
    return _pause_of(services, queue_name).exists()


def clear(services: Services, queue_name: str, batch_size: int = 500) -> int:
    """Discard every ready job of this queue; returns how many."""
    return discard_in_batches(services, _ready(services, queue_name), Status.READY, batch_size)


def size(services: Services, queue_name: str) -> int:
    """How many jobs of this queue are ready."""
    return _ready(services, queue_name).count()


def latency(services: Services, queue_name: str) -> float | None:
    """Seconds that the oldest ready job has waited; 0.0 when none waits, None while the queue is paused."""
    return None if is_paused(services, queue_name) else _waited(services, queue_name, services.dialect.now())


def latencies(services: Services) -> dict[str, float | None]:
    """The latency of every queue of this alias, by name."""
    paused, busy, now = _paused(services), _busy(services), services.dialect.now()
    waits = {name: _waited(services, name, now) for name in busy[Status.READY] if name not in paused}
    every = sorted(paused.union(*busy.values()))
    return {name: None if name in paused else waits.get(name, 0.0) for name in every}


def names(services: Services) -> list[str]:
    """Every queue of this alias that has unfinished jobs or a pause, sorted."""
    return sorted(_paused(services).union(*_busy(services).values()))


def _busy(services: Services) -> dict[Status, Sequence[str]]:
    """The queues that have unfinished jobs, by their status."""
    return {status: services.dialect.queue_names(services.alias, status) for status in UNFINISHED}


def _paused(services: Services) -> set[str]:
    pauses = Pause.objects.using(services.database.alias).filter(backend_alias=services.alias)
    return set(pauses.values_list("queue_name", flat=True))


def _waited(services: Services, queue_name: str, now: datetime) -> float:
    since = _oldest(_ready(services, queue_name))
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _oldest(ready: QuerySet[Job]) -> datetime | None:
    """When the longest waiting job became due: the oldest id of each priority is one index probe."""
    moments = []
    row = _first(ready)
    while row is not None:
        priority, enqueued_at, run_after = row
        moments.append(max(enqueued_at, run_after) if run_after else enqueued_at)
        row = _first(ready.filter(priority__lt=priority))
    return min(moments, default=None)


def _first(ready: QuerySet[Job]) -> tuple[int, datetime, datetime | None] | None:
    return ready.order_by("-priority", "id").values_list("priority", "enqueued_at", "run_after").first()


def _ready(services: Services, queue_name: str) -> QuerySet[Job]:
    jobs = Job.objects.using(services.database.alias)
    return jobs.filter(backend_alias=services.alias, queue_name=queue_name, status=Status.READY)


def _pause_of(services: Services, queue_name: str) -> QuerySet[Pause]:
    pauses = Pause.objects.using(services.database.alias)
    return pauses.filter(backend_alias=services.alias, queue_name=queue_name)
