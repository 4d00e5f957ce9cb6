"""The portable dialect: correct on any database Django supports, through the ORM alone."""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models.expressions import Expression
from django.db.models.functions import Now
from django.db.models.sql import Query

from dj_queue.contract import (
    Admitted,
    CheckMessage,
    Dialect,
    NewJob,
    Outcome,
    Promoted,
    Started,
    Status,
)
from dj_queue.models import Job
from dj_queue.models.fields import UTCDateTimeField
from dj_queue.portable import admission, finish, promote, schema

SKEW_WORTH_A_WARNING = timedelta(seconds=2)


class PortableDialect(Dialect):
    """Every statement is the ORM's. A database plugin subclasses this and replaces what it says better."""

    name = "portable"

    @property
    def clock(self) -> Expression:
        """The database's clock as an expression, in UTC."""
        return Now(output_field=UTCDateTimeField())

    def prepare(self) -> None:
        """Nothing portable can be set."""

    def atomic(self) -> AbstractContextManager[Any]:
        """Django's own transaction."""
        return transaction.atomic(using=self.database.alias)

    def is_transient(self, error: BaseException) -> bool:
        """Any operational error on a usable connection: drivers share no code for deadlock or busy."""
        return isinstance(error, OperationalError) and not self.is_connection_loss(error)

    def is_connection_loss(self, error: BaseException) -> bool:
        """An error after which the connection does not answer."""
        if isinstance(error, InterfaceError):
            return True
        if not isinstance(error, OperationalError):
            return False
        connection = connections[self.database.alias]
        return connection.connection is None or not connection.is_usable()

    def now(self) -> datetime:
        """The database's clock, read by its own `Now`."""
        connection = connections[self.database.alias]
        compiler = Query(Job).get_compiler(using=self.database.alias)
        sql, params = compiler.compile(self.clock)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {sql}{connection.features.bare_select_suffix}", params)
            (value,) = cursor.fetchone()
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        moment: datetime = UTCDateTimeField().from_db_value(value, None, connection)
        return moment

    def startup_messages(self) -> Sequence[CheckMessage]:
        """Warn when the database's clock is far from this host's: due times follow the database's."""
        skew = abs(self.now() - datetime.now(UTC))
        if skew < SKEW_WORTH_A_WARNING:
            return ()
        text = (
            f"the clock of database {self.database.alias!r} is {skew.total_seconds():.0f} s from this host's"
        )
        hint = "Due times follow the database's clock; set both by NTP, and the database's time zone to UTC."
        return (CheckMessage("warning", text, hint, "dj_queue.W010"),)

    def tune_schema(self, schema_editor: Any) -> None:
        """Create the indexes that the portable queries use."""
        schema.create_indexes(schema_editor)

    def insert_jobs(self, jobs: Sequence[NewJob]) -> None:
        """One INSERT for one job, one for each thousand of many."""
        rows = [_row(job) for job in jobs]
        if len(rows) == 1:
            rows[0].save(using=self.database.alias, force_insert=True)
            return
        Job.objects.using(self.database.alias).bulk_create(rows, batch_size=1000)

    def finish(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One UPDATE an outcome, after the rows were locked in the order of their ids."""
        now = (
            self.now()
            if any(outcome.status is Status.SCHEDULED for outcome in outcomes)
            else datetime.now(UTC)
        )
        return finish.write_outcomes(self.database.alias, outcomes, self.clock, now)

    def drop(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One DELETE, after the rows were locked in the order of their ids."""
        return finish.drop(self.database.alias, outcomes)

    def mark_started(self, attempts: Sequence[Started]) -> None:
        """One UPDATE an attempt."""
        finish.write_started(self.database.alias, attempts)

    def promote_due(self, backend_alias: str, limit: int) -> Promoted:
        """One locked SELECT and up to two UPDATEs."""
        return promote.promote_due(self.database.alias, backend_alias, limit, self.clock)

    def admit(self, key_hashes: Sequence[str]) -> Admitted:
        """A handful of statements a key."""
        return admission.admit(self.database.alias, key_hashes, self.now())

    def queue_names(self, backend_alias: str, status: Status) -> Sequence[str]:
        """DISTINCT, for which some databases jump from name to name in the index."""
        jobs = Job.objects.using(self.database.alias).filter(backend_alias=backend_alias, status=status)
        return list(jobs.order_by().values_list("queue_name", flat=True).distinct())

    def prune(self, backend_alias: str, status: Status, before: datetime, limit: int) -> int:
        """One SELECT of ids and one DELETE by them."""
        return promote.prune(self.database.alias, backend_alias, status, before, limit)


def _row(job: NewJob) -> Job:
    row = Job(
        id=job.id,
        backend_alias=job.backend_alias,
        queue_name=job.queue_name,
        priority=job.priority,
        status=job.status,
        task_path=job.task_path,
        args=json.loads(job.args_json),
        kwargs=json.loads(job.kwargs_json),
        enqueued_at=job.enqueued_at,
        run_after=job.run_after,
        on_crash=job.on_crash,
    )
    if job.concurrency is not None:
        row.concurrency_key = job.concurrency.key
        row.concurrency_hash = job.concurrency.key_hash
        row.concurrency_limit = job.concurrency.limit
        row.concurrency_duration = job.concurrency.duration
        row.on_conflict = job.concurrency.on_conflict
    return row
