"""The workbench of the suite: makes jobs, hands them to the dialect under test and reads the rows back."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connections
from django.db.models import QuerySet

from dj_queue.contract import (
    ClaimedJob,
    ClaimRequest,
    Concurrency,
    Dialect,
    NewJob,
    Outcome,
    OutcomeKind,
    Status,
    parse_selector,
)
from dj_queue.models import TABLES, Job, Pause
from dj_queue.operations.ids import make_ids
from dj_queue.operations.policy import hash_key
from dj_queue.operations.transactions import repeating
from dj_queue.services import Services

A_MINUTE = timedelta(minutes=1)
AN_HOUR = timedelta(hours=1)


@pytest.fixture
def bench(services: Services) -> Iterator["Bench"]:
    """The dialect under test with an empty queue, emptied again at the end."""
    bench = Bench(services)
    bench.empty()
    services.dialect.prepare()
    yield bench
    bench.empty()


@dataclass(frozen=True, slots=True)
class Bench:
    """What serves one backend alias, with short words for what tests do to it."""

    services: Services

    @property
    def dialect(self) -> Dialect:
        """The dialect under test."""
        return self.services.dialect

    @property
    def rows(self) -> "QuerySet[Job]":
        """The stored jobs of this backend alias."""
        return Job.objects.using(self.services.database.alias).filter(backend_alias=self.services.alias)

    def row(self, job: NewJob | ClaimedJob) -> Job:
        """The job as it is stored now."""
        return self.rows.get(id=job.id)

    def statuses(self, *jobs: NewJob | ClaimedJob) -> list[str]:
        """Where these jobs stand now."""
        return [self.row(job).status for job in jobs]

    def new(self, **changes: Any) -> NewJob:
        """A ready job, apart from `changes`."""
        (job_id,) = make_ids(1)
        job = NewJob(
            id=job_id,
            backend_alias=self.services.alias,
            queue_name="default",
            priority=0,
            task_path="project.tasks.send",
            args_json="[]",
            kwargs_json="{}",
            status=Status.READY,
            enqueued_at=datetime.now(UTC),
        )
        return job._replace(**changes)

    def ready(self, **changes: Any) -> NewJob:
        """A ready job, inserted."""
        job = self.new(**changes)
        self.insert(job)
        return job

    def due(self, delay: timedelta, **changes: Any) -> NewJob:
        """A scheduled job, inserted, due `delay` from now by the database's clock."""
        return self.ready(status=Status.SCHEDULED, run_after=self.dialect.now() + delay, **changes)

    def blocked(self, key: Concurrency, **changes: Any) -> NewJob:
        """A job that waits under a concurrency key, inserted."""
        return self.ready(status=Status.BLOCKED, concurrency=key, **changes)

    def key(
        self, name: str, limit: int = 1, duration: float = 60.0, on_conflict: str = "block"
    ) -> Concurrency:
        """A concurrency key of this backend alias."""
        return Concurrency(name, hash_key(self.services.alias, name), limit, duration, on_conflict)

    def insert(self, *jobs: NewJob) -> None:
        """Insert these jobs by the dialect."""
        self.dialect.insert_jobs(jobs)

    def claim(self, *selectors: str, limit: int = 10, process_id: UUID | None = None) -> list[ClaimedJob]:
        """Claim up to `limit` jobs of these queues, of all when none are named."""
        wanted = tuple(parse_selector(text) for text in selectors or ("*",))
        request = ClaimRequest(self.services.alias, wanted, limit, process_id or uuid4())
        return self.services.claim.claim(request)

    def claimed(self, **changes: Any) -> ClaimedJob:
        """A ready job, inserted and claimed."""
        job = self.ready(**changes)
        return next(claim for claim in self.claim(limit=1000) if claim.id == job.id)

    def finish(self, *outcomes: Outcome) -> frozenset[Any]:
        """Write these outcomes in a transaction of the dialect."""
        with self.dialect.atomic():
            return self.dialect.finish(outcomes)

    def drop(self, *outcomes: Outcome) -> frozenset[Any]:
        """Drop the jobs of these outcomes in a transaction of the dialect."""
        with self.dialect.atomic():
            return self.dialect.drop(outcomes)

    def admit(self, *keys: Concurrency) -> Any:
        """Admit jobs of these keys in a transaction of the dialect."""
        with self.dialect.atomic():
            return self.dialect.admit([key.key_hash for key in keys])

    def promote(self, limit: int = 100) -> Any:
        """Promote due jobs in a transaction of the dialect."""
        with self.dialect.atomic():
            return self.dialect.promote_due(self.services.alias, limit)

    def prune(self, status: Status, before: datetime, limit: int = 100) -> int:
        """Prune finished jobs in a transaction of the dialect."""
        with self.dialect.atomic():
            return self.dialect.prune(self.services.alias, status, before, limit)

    def pause(self, queue_name: str) -> None:
        """Pause a queue."""
        pauses = Pause.objects.using(self.services.database.alias)
        pauses.create(backend_alias=self.services.alias, queue_name=queue_name, created_at=self.dialect.now())

    def resume(self, queue_name: str) -> None:
        """Resume a queue."""
        Pause.objects.using(self.services.database.alias).filter(queue_name=queue_name).delete()

    def again[T](self, work: Callable[[], T]) -> T:
        """What `work` returns, tried again after a transient error, as the runtime does."""
        return repeating(self.services, work)

    def in_threads(self, *works: Callable[[], Any]) -> list[Any]:
        """What these return when they run at once, each with a connection of its own; raises what one raises."""
        with ThreadPoolExecutor(len(works)) as pool:
            return [future.result() for future in [pool.submit(self._run, work) for work in works]]

    def empty(self) -> None:
        """Delete every row of the queue's tables."""
        for table in TABLES:
            QuerySet(table, using=self.services.database.alias).delete()

    def _run(self, work: Callable[[], Any]) -> Any:
        try:
            self.dialect.prepare()
            return work()
        finally:
            connections.close_all()


def success(job: ClaimedJob, value_json: str | None = "null", **changes: Any) -> Outcome:
    """The outcome of an attempt that returned."""
    now = datetime.now(UTC)
    outcome = Outcome(
        job.id,
        job.attempt,
        job.process_id,
        OutcomeKind.VALUE,
        Status.SUCCESSFUL,
        started_at=now,
        ended_at=now,
        value_json=value_json,
        concurrency_hash=job.concurrency_hash,
    )
    return outcome._replace(**changes)


def release(job: ClaimedJob, **changes: Any) -> Outcome:
    """The outcome of an attempt that never started."""
    outcome = Outcome(
        job.id,
        job.attempt,
        job.process_id,
        OutcomeKind.RELEASE,
        Status.READY,
        concurrency_hash=job.concurrency_hash,
    )
    return outcome._replace(**changes)


def ids(jobs: Sequence[NewJob | ClaimedJob]) -> list[UUID]:
    """The ids of these jobs, in order."""
    return [job.id for job in jobs]
