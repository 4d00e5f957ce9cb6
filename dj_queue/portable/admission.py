"""Letting blocked jobs in through the ORM: slots are counted from the jobs, under a lock on the key's row."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, connections, transaction
from django.db.models import QuerySet

from dj_queue.contract import NOTHING_ADMITTED, Admitted, Status
from dj_queue.models import Job, Semaphore

LONGEST_WAIT = timedelta(days=3650).total_seconds()


def admit(alias: str, key_hashes: Sequence[str], now: datetime) -> Admitted:
    """Let blocked jobs of these keys in as far as slots are free; keys are locked in sorted order.

    All keys are locked before anything is read: what is read then includes what other holders committed,
    even in a transaction that keeps the view of its first read.
    """
    keys = sorted(set(key_hashes))
    for key_hash in keys:
        _lock_key(alias, key_hash, now)
    results = [_admit_one(alias, key_hash, now) for key_hash in keys]
    return Admitted(
        sum(result.count for result in results),
        frozenset().union(*(result.queues for result in results)),
        frozenset().union(*(result.discarded for result in results)),
    )


def _lock_key(alias: str, key_hash: str, now: datetime) -> None:
    """Lock the key's row, making it first if this key is new."""
    row = Semaphore.objects.using(alias).filter(key_hash=key_hash)
    if not row.update(used_at=now):
        _make_key(alias, Semaphore(key_hash=key_hash, key="", limit=0, used_at=now))
        row.update(used_at=now)


def _make_key(alias: str, semaphore: Semaphore) -> None:
    """Insert the row unless another has done so meanwhile."""
    if connections[alias].features.supports_ignore_conflicts:
        Semaphore.objects.using(alias).bulk_create([semaphore], ignore_conflicts=True)
        return
    with suppress(IntegrityError), transaction.atomic(using=alias):
        semaphore.save(using=alias, force_insert=True)


def _admit_one(alias: str, key_hash: str, now: datetime) -> Admitted:
    jobs = Job.objects.using(alias).filter(concurrency_hash=key_hash)
    last = _last_in_line(jobs)
    if last is None:
        return NOTHING_ADMITTED
    limit = last.concurrency_limit or 1
    Semaphore.objects.using(alias).filter(key_hash=key_hash).update(key=last.concurrency_key, limit=limit)
    taken = jobs.filter(status__in=[Status.READY, Status.CLAIMED]).count()
    entering = _first_in_line(jobs, max(limit - taken, 0))
    count = _let_in(jobs, entering, now)
    return Admitted(count, frozenset(job.queue_name for job in entering), _discard_rest(jobs, now))


def _last_in_line(jobs: QuerySet[Job]) -> Job | None:
    """The blocked job that waits behind all others: its limit is the newest, and holds for the key."""
    blocked = jobs.filter(status=Status.BLOCKED).only("concurrency_key", "concurrency_limit")
    fresh = blocked.filter(slot_until=None).order_by("priority", "-id").first()
    return fresh or blocked.order_by("-slot_until").first()


def _first_in_line(jobs: QuerySet[Job], count: int) -> list[Job]:
    """The next `count` blocked jobs: those never admitted before, then those whose slot ran out."""
    blocked = jobs.filter(status=Status.BLOCKED).only("queue_name", "concurrency_duration")
    fresh = list(blocked.filter(slot_until=None).order_by("-priority", "id")[:count])
    if len(fresh) == count:
        return fresh
    return fresh + list(blocked.filter(slot_until__isnull=False).order_by("slot_until")[: count - len(fresh)])


def _let_in(jobs: QuerySet[Job], entering: Sequence[Job], now: datetime) -> int:
    """Make these jobs ready, those that are still blocked: an operator may have discarded one meanwhile."""
    ids_by_wait: dict[float, list[UUID]] = {}
    for job in entering:
        wait = min(max(0.0, job.concurrency_duration or 0.0), LONGEST_WAIT)
        ids_by_wait.setdefault(wait, []).append(job.id)
    return sum(
        jobs.filter(id__in=ids, status=Status.BLOCKED).update(
            status=Status.READY, slot_until=now + timedelta(seconds=wait)
        )
        for wait, ids in ids_by_wait.items()
    )


def _discard_rest(jobs: QuerySet[Job], now: datetime) -> frozenset[UUID]:
    """End the jobs that may not wait: those of `on_conflict="discard"` that never ran."""
    rest = jobs.filter(status=Status.BLOCKED, on_conflict="discard", attempts=0)
    ids = list(rest.values_list("id", flat=True))
    if ids:
        rest.filter(id__in=ids).update(status=Status.DISCARDED, finished_at=now)
    return frozenset(ids)
