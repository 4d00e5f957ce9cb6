"""The SQLite dialect: the portable one, with the hot statements in SQLite's own SQL."""

import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import OperationalError

from dj_queue.contract import Admitted, CheckMessage, NewJob, Outcome, Started, Status
from dj_queue.portable import PortableDialect, schema
from dj_queue_sqlite import admission, advice, connection, finish, insert, queues, tuning
from dj_queue_sqlite.connection import immediate

BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
LOST = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOTADB})
PRIMARY_CODE = 0xFF


class SQLiteDialect(PortableDialect):
    """One file, one writer at a time: short write transactions that take the lock at their start."""

    name = "sqlite"

    def atomic(self) -> AbstractContextManager[Any]:
        """BEGIN IMMEDIATE, whatever the settings say."""
        return immediate(self.database.alias)

    def is_transient(self, error: BaseException) -> bool:
        """Another connection held the lock past the busy timeout."""
        return _code(error) in BUSY

    def is_connection_loss(self, error: BaseException) -> bool:
        """The file cannot be opened or read."""
        return _code(error) in LOST

    def now(self) -> datetime:
        """This host's clock: SQLite has no other."""
        return datetime.now(UTC)

    def identity(self) -> object:
        """The file's number: connections stay with a file that was moved or deleted."""
        return connection.file_number(self.database.alias)

    def startup_messages(self) -> Sequence[CheckMessage]:
        """Journal mode, busy timeout and transaction mode."""
        return list(advice.advise(self.database.alias))

    def tune_schema(self, schema_editor: Any) -> None:
        """The portable indexes and a few more."""
        super().tune_schema(schema_editor)
        schema.create_missing(schema_editor, tuning.INDEXES)

    def insert_jobs(self, jobs: Sequence[NewJob]) -> None:
        """One INSERT for one job; one prepared statement for many."""
        if len(jobs) == 1:
            insert.insert_one(self.database.alias, jobs[0])
            return
        with self.atomic():
            insert.insert_many(self.database.alias, jobs)

    def finish(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One prepared UPDATE run for each outcome."""
        return finish.write_outcomes(self.database.alias, outcomes)

    def drop(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One prepared DELETE run for each outcome."""
        return finish.drop(self.database.alias, outcomes)

    def mark_started(self, attempts: Sequence[Started]) -> None:
        """One prepared UPDATE run for each attempt."""
        finish.write_started(self.database.alias, attempts)

    def admit(self, key_hashes: Sequence[str]) -> Admitted:
        """A handful of statements for all keys, and two for each job that gets in."""
        return admission.admit(self.database.alias, key_hashes)

    def queue_names(self, backend_alias: str, status: Status) -> Sequence[str]:
        """One statement."""
        return queues.queue_names(self.database.alias, backend_alias, status)


def _code(error: BaseException) -> int | None:
    """SQLite's primary result code under Django's error."""
    if not isinstance(error, OperationalError):
        return None
    code = getattr(error.__cause__, "sqlite_errorcode", None)
    return None if code is None else code & PRIMARY_CODE
