"""Admission of jobs with a concurrency key, and the sweep that finds free slots nobody handed on."""

import time
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched

from django.db.models import Count, Exists, OuterRef

from dj_queue.contract import NOTHING_ADMITTED, Admitted, Status, events
from dj_queue.models import Job, Semaphore
from dj_queue.operations.announce import announce
from dj_queue.operations.batches import GoesOn, keys_in_batches, to_the_end
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services

KEYS_AT_ONCE = 20
"""Keys locked in one transaction: few, so that others wait for microseconds."""
FORGOTTEN_AT_ONCE = 500
UNUSED_AFTER = timedelta(hours=1)
INSIDE = (Status.READY, Status.CLAIMED)
"""Jobs that hold a slot of their key."""


def let_in(services: Services, key_hashes: Collection[str]) -> int:
    """Admit what waits under these keys and wake workers for it; returns how many jobs got in."""
    admitted = admit(services, key_hashes)
    announce(services, admitted.queues)
    return admitted.count


def admit(services: Services, key_hashes: Collection[str]) -> Admitted:
    """Let blocked jobs of these keys in as far as slots are free, in short transactions."""
    total = NOTHING_ADMITTED
    began = time.perf_counter()
    ordered = sorted(key_hashes)
    for start in range(0, len(ordered), KEYS_AT_ONCE):
        part = ordered[start : start + KEYS_AT_ONCE]
        done = in_transaction(services, partial(services.dialect.admit, part))
        total = Admitted(
            total.count + done.count, total.queues | done.queues, total.discarded | done.discarded
        )
    if total.count and services.broadcasts.event:
        seconds = time.perf_counter() - began
        services.broadcasts.event(event=events.Event(events.ADMIT, services.alias, seconds, total.count))
    return total


def sweep(services: Services, goes_on: GoesOn = to_the_end) -> int:
    """Admit jobs that a lost process left waiting beside a free slot; returns how many got in."""
    count = 0
    for keys in batched(blocked_keys(services), KEYS_AT_ONCE):
        if not goes_on():
            break
        expire_slots(services, keys, services.dialect.now())
        count += let_in(services, _with_room(services, keys))
    return count


def expire_slots(services: Services, key_hashes: Collection[str], now: datetime) -> int:
    """Take slots of these keys back from ready jobs that found no worker in time while others wait; returns how many.

    A claimed job keeps its slot for as long as its process lives.
    """
    # Found by their keys alone, which are of one backend alias: naming it leads some planners to its index instead.
    jobs = Job.objects.using(services.database.alias)
    late = jobs.filter(concurrency_hash__in=key_hashes, status=Status.READY, slot_until__lt=now)
    holders = list(late.order_by().values_list("concurrency_hash", flat=True).distinct())
    waiting = jobs.filter(status=Status.BLOCKED, slot_until=None, backend_alias=services.alias)
    contested = [key_hash for key_hash in holders if waiting.filter(concurrency_hash=key_hash).exists()]
    if not contested:
        return 0
    overdue = late.filter(concurrency_hash__in=contested)
    return in_transaction(services, partial(overdue.update, status=Status.BLOCKED))


def contested_since(services: Services, key_hash: str, now: datetime) -> datetime | None:
    """Since when a ready job has kept its slot of this key past its time though others wait; None when none does."""
    of_key = Job.objects.using(services.database.alias).filter(concurrency_hash=key_hash)
    if not of_key.filter(status=Status.BLOCKED, slot_until=None).exists():
        return None
    holders = of_key.filter(status=Status.READY, slot_until__lt=now).order_by("slot_until")
    return holders.values_list("slot_until", flat=True).first()


def forget_unused(services: Services, goes_on: GoesOn = to_the_end) -> int:
    """Delete the rows of keys that no waiting or running job has any more; returns how many."""
    alias = services.database.alias
    jobs = Job.objects.using(alias).filter(concurrency_hash=OuterRef("key_hash"))
    old = Semaphore.objects.using(alias).filter(used_at__lt=services.dialect.now() - UNUSED_AFTER)
    waiting, inside = jobs.filter(status=Status.BLOCKED), jobs.filter(status__in=INSIDE)
    unused = old.exclude(Exists(waiting)).exclude(Exists(inside))
    total = 0
    for hashes in keys_in_batches(unused, FORGOTTEN_AT_ONCE, goes_on):
        # One that came into use meanwhile is not old any more, and stays.
        deleted, _by_model = in_transaction(services, old.filter(key_hash__in=hashes).delete)
        total += deleted
    return total


def _with_room(services: Services, key_hashes: Sequence[str]) -> list[str]:
    """Those of these keys that may have a free slot: full ones are not locked, whoever ends there hands on."""
    jobs = Job.objects.using(services.database.alias).filter(concurrency_hash__in=key_hashes)
    inside = jobs.filter(status__in=INSIDE).order_by()
    taken = dict(inside.values_list("concurrency_hash").annotate(count=Count("id")))
    keys = Semaphore.objects.using(services.database.alias).filter(key_hash__in=key_hashes)
    limits = dict(keys.values_list("key_hash", "limit"))
    return [key for key in key_hashes if not limits.get(key) or taken.get(key, 0) < limits[key]]


def blocked_keys(services: Services) -> Iterator[str]:
    """Each key with blocked jobs, found by one index probe; those of other backend aliases are passed over."""
    jobs = Job.objects.using(services.database.alias)
    blocked = jobs.filter(status=Status.BLOCKED, concurrency_hash__isnull=False)
    keys = blocked.order_by("concurrency_hash").values_list("concurrency_hash", "backend_alias")
    row = keys.first()
    while row is not None:
        key_hash, backend_alias = row
        if backend_alias == services.alias and key_hash is not None:
            yield key_hash
        row = keys.filter(concurrency_hash__gt=key_hash).first()
