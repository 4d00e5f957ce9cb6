"""Anomalies: states that a working queue is never in for long, each found by a bounded number of index probes."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce

from dj_queue.contract import Status
from dj_queue.models import Job, Pause, Process
from dj_queue.operations.anomaly import Anomaly, Kind
from dj_queue.operations.concurrency import blocked_keys, contested_since
from dj_queue.operations.health import ProcessState
from dj_queue.operations.held_up import Waiting, held_up_workers
from dj_queue.operations.surroundings import clock_skew, old_reader
from dj_queue.services import Services

SECOND_LOOK = 3.0
"""Seconds after which what looked wrong is looked at again: states pass while jobs move."""
STUCK_AFTER = 3600.0
"""Seconds from which on a full worker, or a transaction of somebody else, is too old."""
MOST_OWNERS = 100
MOST_KEYS = 100
MOST_QUEUES = 200


def lasting_anomalies(
    services: Services,
    workers: Sequence[ProcessState],
    max_age: float,
    stuck_after: float = STUCK_AFTER,
    pause: float = SECOND_LOOK,
) -> list[Anomaly]:
    """What looks wrong, and still does some seconds later.

    Args:
        services: of the backend alias.
        workers: its live workers.
        max_age: seconds that a job may be late or wait before anything is suspected.
        stuck_after: seconds that the same jobs may fill a worker while others wait, or a transaction stay open.
        pause: seconds between the two looks.
    """
    first = set(anomalies(services, workers, max_age, stuck_after))
    if not first:
        return []
    time.sleep(pause)
    return [found for found in anomalies(services, workers, max_age, stuck_after) if found in first]


def anomalies(
    services: Services, workers: Sequence[ProcessState], max_age: float, stuck_after: float = STUCK_AFTER
) -> Iterator[Anomaly]:
    """What looks wrong at this moment."""
    now = services.dialect.now()
    waiting = _next_in_line(services, now)
    yield from _ownerless(services)
    yield from _keyless(services)
    yield from _slots(services, now, max_age)
    yield from _overdue(services, now, max_age)
    yield from _waiting(services, workers, waiting, max_age)
    yield from held_up_workers(services, workers, waiting, now, max_age, stuck_after)
    yield from clock_skew(services)
    yield from old_reader(services, stuck_after)


def _ownerless(services: Services) -> Iterator[Anomaly]:
    """Claimed jobs whose process has no row."""
    claimed = _in_status(services, Status.CLAIMED)
    owners = list(islice(_owners(claimed), MOST_OWNERS))
    known = Process.objects.using(services.database.alias).filter(id__in=owners)
    nobody = [None] if claimed.filter(process_id=None).exists() else []
    for owner in (set(owners) - set(known.values_list("id", flat=True))).union(nobody):
        yield Anomaly(Kind.OWNERLESS, str(owner), f"jobs are claimed by process {owner}, which has no row")


def _owners(claimed: QuerySet[Job]) -> Iterator[UUID]:
    """The processes that hold these jobs: one index probe for each."""
    ids = claimed.filter(process_id__isnull=False).order_by("process_id").values_list("process_id", flat=True)
    owner = ids.first()
    while owner is not None:
        yield owner
        owner = ids.filter(process_id__gt=owner).first()


def _keyless(services: Services) -> Iterator[Anomaly]:
    """A job that waits for a slot of no key: only a hand in the table leaves one.

    It is at one end of the index, at which depends on the database; to ask for NULL would read much of the table.
    """
    rows = Job.objects.using(services.database.alias).filter(status=Status.BLOCKED)
    rows_of_end = rows.values_list("concurrency_hash", "id", "backend_alias")
    for order in ("concurrency_hash", "-concurrency_hash"):
        key_hash, job_id, alias = rows_of_end.order_by(order).first() or ("", None, None)
        if key_hash is None and alias == services.alias:
            text = f"job {job_id} is blocked and has no concurrency key"
            yield Anomaly(Kind.KEYLESS, services.alias, text)
            return


def _slots(services: Services, now: datetime, max_age: float) -> Iterator[Anomaly]:
    """Keys whose jobs wait beside a free slot, or for one whose time is long over."""
    sweeps = [d.concurrency_maintenance_interval for d in services.options.dispatchers]
    patience = max_age + max(sweeps, default=0.0)
    for key_hash in islice(blocked_keys(services), MOST_KEYS):
        yield from _beside_a_free_slot(services, key_hash)
        since = contested_since(services, key_hash, now)
        late = 0.0 if since is None else (now - since).total_seconds()
        if late > patience:
            text = f"a ready job has kept its slot {late:.0f} s too long: {_of_key(services, key_hash)} wait for it"
            yield Anomaly(Kind.EXPIRED_SLOT, key_hash, text)


def _beside_a_free_slot(services: Services, key_hash: str) -> Iterator[Anomaly]:
    """Blocked jobs of a key that has room; read in one statement, so that no hand-over is seen half done.

    All are found by the key alone, which is of one backend alias: naming it leads some planners to its index instead.
    """
    jobs = Job.objects.using(services.database.alias)
    taken = (
        jobs.filter(concurrency_hash=key_hash, status__in=(Status.READY, Status.CLAIMED))
        .order_by()
        .values("concurrency_hash")
        .annotate(count=Count("id"))
        .values("count")
    )
    blocked = jobs.filter(status=Status.BLOCKED).annotate(taken=Coalesce(Subquery(taken), 0))
    rows = blocked.filter(concurrency_hash=key_hash).values_list("concurrency_limit", "taken")
    # The job that came last has the newest limit, which is the one that holds. The orders are the index's.
    fresh = rows.filter(slot_until=None).order_by("-slot_until", "priority", "-id")
    last = fresh.first() or rows.order_by("-slot_until").first()
    if last is not None and last[1] < (last[0] or 1):
        text = f"{_of_key(services, key_hash)} are blocked beside a free slot"
        yield Anomaly(Kind.FREE_SLOT, key_hash, text)


def _of_key(services: Services, key_hash: str) -> str:
    jobs = Job.objects.using(services.database.alias).filter(status=Status.BLOCKED, concurrency_hash=key_hash)
    # Of any one of them: an order would have all of them read.
    keys = list(jobs.order_by().values_list("concurrency_key", flat=True)[:1])
    return f"jobs of the concurrency key {(keys or [key_hash])[0]!r}"


def _overdue(services: Services, now: datetime, max_age: float) -> Iterator[Anomaly]:
    """The scheduled job that is due longest."""
    # Without a moment, as a hand in the table leaves one, it would come first on some databases.
    scheduled = _in_status(services, Status.SCHEDULED).filter(finished_at=None, run_after__isnull=False)
    first = scheduled.order_by("run_after").values_list("id", "run_after").first()
    if first is None or first[1] is None:
        return
    late = (now - first[1]).total_seconds()
    if late > max_age:
        text = f"job {first[0]} was due {late:.0f} s ago and is still scheduled: no dispatcher promotes"
        yield Anomaly(Kind.OVERDUE, str(first[0]), text)


def _waiting(
    services: Services, workers: Sequence[ProcessState], waiting: Sequence[Waiting], max_age: float
) -> Iterator[Anomaly]:
    """The next job of each queue, when it has waited long and nobody may claim it or somebody could."""
    idle = [worker for worker in workers if _has_room(services, worker)]
    for job in waiting:
        if job.seconds <= max_age:
            continue
        what = f"job {job.job_id} has waited {job.seconds:.0f} s in queue {job.queue_name!r}"
        if not any(worker.selects(job.queue_name) for worker in workers):
            yield Anomaly(Kind.UNSERVED, job.queue_name, f"{what}, which no live worker selects")
            continue
        worker = next((worker for worker in idle if worker.selects(job.queue_name)), None)
        if worker is not None:
            yield Anomaly(Kind.IDLE_WORKER, str(job.job_id), f"{what} while {worker.name} has free threads")


def _next_in_line(services: Services, now: datetime) -> list[Waiting]:
    """For each queue that is not paused, the job to be claimed next and how long it could have been."""
    pauses = Pause.objects.using(services.database.alias).filter(backend_alias=services.alias)
    paused = set(pauses.values_list("queue_name", flat=True))
    ready = _in_status(services, Status.READY)
    found = []
    for name in services.dialect.queue_names(services.alias, Status.READY)[:MOST_QUEUES]:
        first = ready.filter(queue_name=name).order_by("-priority", "id")
        row = None if name in paused else first.values_list("id", "enqueued_at", "run_after").first()
        if row is not None:
            job_id, enqueued_at, run_after = row
            since = max(enqueued_at, run_after or enqueued_at)
            found.append(Waiting(name, job_id, (now - since).total_seconds()))
    return found


def _has_room(services: Services, worker: ProcessState) -> bool:
    """Whether the worker surely has an idle thread; one that runs a job that crashed before claims nothing."""
    held = _in_status(services, Status.CLAIMED).filter(process_id=worker.id)
    lost = list(held.values_list("lost", flat=True)[: worker.threads])
    return len(lost) < worker.threads and not any(lost)


def _in_status(services: Services, status: Status) -> QuerySet[Job]:
    return _jobs(services).filter(status=status)


def _jobs(services: Services) -> QuerySet[Job]:
    return Job.objects.using(services.database.alias).filter(backend_alias=services.alias)
