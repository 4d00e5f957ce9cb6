"""The PostgreSQL dialect: the portable one, with the hot statements in PostgreSQL's own SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, connections

from dj_queue.contract import (
    Admitted,
    CheckMessage,
    DatabaseInfo,
    NewJob,
    OldestReader,
    Outcome,
    Promoted,
    Started,
    Status,
)
from dj_queue.portable import PortableDialect
from dj_queue.portable.burst import Burst
from dj_queue_postgres import (
    admission,
    connection,
    finish,
    horizon,
    insert,
    privileges,
    promote,
    queues,
    tuning,
)
from dj_queue_postgres.vacuum import Vacuum

TRANSIENT = frozenset({"40001", "40P01", "55P03"})
"""Serialization failure, deadlock, lock not available."""
LOST_CLASSES = ("08", "57P")
"""Connection exceptions, and a server that shuts down or starts up."""
READ_ONLY = "25006"
"""A failover left this connection on a server that takes no writes."""
TOO_MANY = "53300"
"""No connection is free at the moment."""


class PostgresDialect(PortableDialect):
    """One statement for a batch, sent as it is and bound on the server; every error by its code."""

    name = "postgres"

    def __init__(self, database: DatabaseInfo) -> None:
        """Serve this database; does not connect."""
        super().__init__(database)
        self._promoted, self._pruned = Burst(), Burst()
        self._vacuum = Vacuum(database.alias)

    def prepare(self) -> None:
        """Statements are planned once, where the session is surely this thread's alone."""
        connection.settle(self.database.alias)

    def is_transient(self, error: BaseException) -> bool:
        """Deadlock, serialization failure, lock timeout."""
        return _state(error) in TRANSIENT

    def is_connection_loss(self, error: BaseException) -> bool:
        """A closed or refused connection, or a server that became read-only."""
        state = _state(error)
        if state is not None:
            return state.startswith(LOST_CLASSES) or state in (READ_ONLY, TOO_MANY)
        # No server gave a code: the way to it failed. The connection itself tells nothing, Django may have made
        # a new one while it left the transaction.
        return isinstance(error, InterfaceError | OperationalError)

    def oldest_reader(self) -> OldestReader | None:
        """The oldest of sessions, prepared transactions and replication slots."""
        return horizon.oldest_reader(self.database.alias)

    def reclaim(self, ended: int) -> None:
        """VACUUM, once many versions are dead."""
        self._vacuum.after(ended)

    def startup_messages(self) -> Sequence[CheckMessage]:
        """The server's clock and version, and what the role may not do."""
        alias = self.database.alias
        server: Any = connections[alias]
        advice = (*tuning.advise(alias, server.pg_version), *privileges.advise(alias))
        return [*super().startup_messages(), *advice]

    def tune_schema(self, schema_editor: Any) -> None:
        """Own indexes, and storage settings for rows that change often."""
        tuning.tune(schema_editor)

    def insert_jobs(self, jobs: Sequence[NewJob]) -> None:
        """One INSERT for one job, one COPY for many."""
        if len(jobs) == 1:
            insert.insert_one(self.database.alias, jobs[0])
            return
        insert.insert_many(self.database.alias, jobs)

    def finish(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One UPDATE."""
        return finish.write_outcomes(self.database.alias, outcomes)

    def drop(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One DELETE."""
        return finish.drop(self.database.alias, outcomes)

    def mark_started(self, attempts: Sequence[Started]) -> None:
        """One UPDATE."""
        finish.write_started(self.database.alias, attempts)

    def promote_due(self, backend_alias: str, limit: int) -> Promoted:
        """One UPDATE."""
        return promote.promote_due(self.database.alias, backend_alias, limit, self._promoted)

    def admit(self, key_hashes: Sequence[str]) -> Admitted:
        """Two statements for all keys: one locks, one admits."""
        return admission.admit(self.database.alias, key_hashes)

    def queue_names(self, backend_alias: str, status: Status) -> Sequence[str]:
        """One statement."""
        return queues.queue_names(self.database.alias, backend_alias, status)

    def prune(self, backend_alias: str, status: Status, before: datetime, limit: int) -> int:
        """One DELETE."""
        return promote.prune(self.database.alias, backend_alias, status, before, limit, self._pruned)


def _state(error: BaseException) -> str | None:
    """The SQLSTATE under Django's error; None where the driver never reached a server."""
    if not isinstance(error, Error):
        return None
    return getattr(error.__cause__, "sqlstate", None)
