"""What a claim costs beside much else: it should be the same however full the table is.

A claim is what a worker calls, from the selector `*` to jobs in hand. Beside the jobs to claim, a case puts `amount` rows.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import uuid4

from django.db import connections, transaction

from bench.measurement import percentile
from bench.project import tasks
from bench.target import CHUNK, Target
from bench.workloads.workload import Case, Workload
from dj_queue.api import QueueInfo
from dj_queue.contract import Status
from dj_queue.contract.selectors import parse_selector
from dj_queue.models import Job
from dj_queue.operations.claim import claim
from dj_queue.operations.ids import JobIds
from dj_queue.services import services_for

CLAIMS, LIMIT, FIRST = 300, 5, 10
"""Claims that are measured, jobs each may take, and claims before them that are not measured."""
LONGEST, FEWEST = 4, 20
"""Seconds after which there are figures enough, if there are so many."""
QUEUES = 200
ROWS = 20_000


def claims(target: Target) -> Mapping[str, float]:
    """Claim until there are figures enough."""
    services, everything, process = services_for(target.alias), [parse_selector("*")], uuid4()
    took: list[float] = []
    deadline = perf_counter() + LONGEST
    while len(took) < FIRST + CLAIMS and (len(took) < FIRST + FEWEST or perf_counter() < deadline):
        began = perf_counter()
        claimed = claim(services, everything, LIMIT, process)
        took.append(1000 * (perf_counter() - began))
        if len(claimed) != LIMIT:
            raise RuntimeError(f"a claim took {len(claimed)} jobs instead of {LIMIT}")
    measured = took[FIRST:]
    return {"p50_ms": percentile(measured, 0.5), "p99_ms": percentile(measured, 0.99)}


def beside(fill: Callable[[Target, int], None]) -> Callable[[Target, int], Mapping[str, float]]:
    """A measurement beside what `fill` puts there."""

    def measure(target: Target, amount: int) -> Mapping[str, float]:
        fill(target, amount)
        target.fill([target.on(tasks.nothing)], (FIRST + CLAIMS) * LIMIT)
        target.server.settle()
        return claims(target)

    return measure


def nothing_else(target: Target, amount: int) -> None:
    """Only the jobs to claim."""


def ready(target: Target, amount: int) -> None:
    """More ready jobs."""
    target.fill([target.on(tasks.nothing)], amount)


def scheduled(target: Target, amount: int) -> None:
    """Jobs of tomorrow."""
    target.fill([target.on(tasks.nothing, run_after=datetime.now(UTC) + timedelta(days=1))], amount)


def finished(target: Target, amount: int) -> None:
    """Jobs that have run, written as rows: running a million of them first would take long and change nothing."""
    ids, now = JobIds(), datetime.now(UTC)
    for first in range(0, amount, CHUNK):
        rows = [
            Job(
                id=made,
                backend_alias=target.alias,
                queue_name="default",
                status=Status.SUCCESSFUL,
                task_path=tasks.nothing.module_path,
                args=[first],
                enqueued_at=now,
                started_at=now,
                last_attempted_at=now,
                finished_at=now,
                attempts=1,
                return_value=first,
            )
            for made in ids.make(min(CHUNK, amount - first))
        ]
        target.jobs.bulk_create(rows)


def many_queues(target: Target, amount: int) -> None:
    """Ready jobs of 200 queues; the first 100 of them are paused, and theirs are the oldest jobs."""
    names = [f"queue-{number:03}" for number in range(QUEUES)]
    paused, running = names[: QUEUES // 2], names[QUEUES // 2 :]
    for part in (paused, running):
        target.fill([target.on(tasks.nothing, queue_name=name) for name in part], amount // 2)
    for name in paused:
        QueueInfo(name, backend_alias=target.alias).pause()


def pinned(target: Target, amount: int) -> Mapping[str, float]:
    """Jobs that ran while an old transaction keeps the database from cleaning up after them."""
    with _old_transaction(target):
        target.fill([target.on(tasks.nothing)], amount)
        with target.workers() as processes:
            target.wait_for_the_end(processes)
        return beside(nothing_else)(target, amount)


@contextmanager
def _old_transaction(target: Target) -> Iterator[None]:
    """A transaction of another connection that has read, and stays open."""
    name = f"old-{target.alias}"
    connections.settings[name] = {**connections.settings[target.alias]}
    options = connections.settings[name]["OPTIONS"]
    # Where it may only read: what pins a snapshot on SQLite, instead of keeping everybody from writing.
    connections.settings[name]["OPTIONS"] = {k: v for k, v in options.items() if k != "transaction_mode"}
    try:
        with transaction.atomic(using=name):
            if connections[name].vendor == "postgresql":
                connections[name].cursor().execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            Job.objects.using(name).exists()
            yield
    finally:
        connections[name].close()
        del connections.settings[name]
        del connections[name]


WORKLOAD = Workload(
    "claim 5 jobs",
    (
        Case("nothing else", 0, beside(nothing_else)),
        Case("ready jobs", ROWS, beside(ready)),
        Case("scheduled jobs", ROWS, beside(scheduled)),
        Case("finished jobs", ROWS, beside(finished)),
        Case("200 queues, 100 paused", ROWS, beside(many_queues)),
        Case("an old transaction", ROWS, pinned),
    ),
)
