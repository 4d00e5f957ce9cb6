"""The MySQL dialect: the portable one, with the hot statements in MySQL's own SQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import Error, InterfaceError, OperationalError, connections
from django.db.models import Func
from django.db.models.expressions import Expression

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
from dj_queue.models.fields import UTCDateTimeField
from dj_queue.portable import PortableDialect
from dj_queue.portable.burst import Burst
from dj_queue_mysql import (
    admission,
    advice,
    collation,
    connection,
    finish,
    horizon,
    insert,
    privileges,
    promote,
    queues,
    tuning,
)

TRANSIENT = frozenset({1020, 1205, 1213, 3101})
"""Record changed since the snapshot, lock wait timeout, deadlock, rolled back for another member of a group."""
LOST = frozenset(
    {1040, 1047, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1184, 1203, 1226, 1290, 1836, 1927, 4031}
)
"""Too many connections, not ready, shutting down, blocked, aborted, network, limits, read-only, killed, timed out."""
CLIENT_ERRORS = range(2000, 3000)
"""What the driver says itself: it cannot connect, the server has gone away, packets out of order."""


class MySQLDialect(PortableDialect):
    """A few statements for a batch, whole rows by their ids; every error by its number."""

    name = "mysql"

    def __init__(self, database: DatabaseInfo) -> None:
        """Serve this database; does not connect."""
        super().__init__(database)
        self._promoted, self._pruned = Burst(), Burst()

    @property
    def clock(self) -> Expression:
        """UTC, whatever time zone the session has."""
        return Func(function="UTC_TIMESTAMP", template="%(function)s(6)", output_field=UTCDateTimeField())

    def prepare(self) -> None:
        """READ COMMITTED, and nothing that waits for long."""
        connection.prepare(self.database.alias)

    def is_transient(self, error: BaseException) -> bool:
        """Deadlock, lock timeout, changed snapshot."""
        return _number(error) in TRANSIENT

    def is_connection_loss(self, error: BaseException) -> bool:
        """No server, or not the one that was there."""
        number = _number(error)
        if number in LOST or number in CLIENT_ERRORS or isinstance(error, InterfaceError):
            return True
        return isinstance(error, OperationalError) and connections[self.database.alias].connection is None

    def startup_messages(self) -> Sequence[CheckMessage]:
        """The server's clock, version and limits, the user's privileges, and the timeouts of its connections."""
        alias = self.database.alias
        return [*super().startup_messages(), *privileges.advise(alias), *advice.advise(alias)]

    def oldest_reader(self) -> OldestReader | None:
        """The oldest InnoDB transaction of another session."""
        return horizon.oldest_reader(self.database.alias)

    def tune_schema(self, schema_editor: Any) -> None:
        """Binary collation for names and keys, then own indexes."""
        collation.make_binary(schema_editor)
        tuning.tune(schema_editor)

    def insert_jobs(self, jobs: Sequence[NewJob]) -> None:
        """One INSERT; more only where the jobs together are large."""
        insert.insert(self.database.alias, jobs)

    def finish(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One locking SELECT and one UPDATE."""
        return finish.write_outcomes(self.database.alias, outcomes)

    def drop(self, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
        """One locking SELECT and one DELETE."""
        return finish.drop(self.database.alias, outcomes)

    def mark_started(self, attempts: Sequence[Started]) -> None:
        """One UPDATE."""
        finish.write_started(self.database.alias, attempts)

    def promote_due(self, backend_alias: str, limit: int) -> Promoted:
        """One locking SELECT and one UPDATE."""
        return promote.promote_due(self.database.alias, backend_alias, limit, self._promoted)

    def admit(self, key_hashes: Sequence[str]) -> Admitted:
        """A handful of statements for all keys."""
        return admission.admit(self.database.alias, key_hashes)

    def queue_names(self, backend_alias: str, status: Status) -> Sequence[str]:
        """One statement."""
        return queues.queue_names(self.database.alias, backend_alias, status)

    def prune(self, backend_alias: str, status: Status, before: datetime, limit: int) -> int:
        """One locking SELECT and one DELETE."""
        return promote.prune(self.database.alias, backend_alias, status, before, limit, self._pruned)


def _number(error: BaseException) -> int | None:
    """The server's or driver's error number under Django's error."""
    if not isinstance(error, Error) or error.__cause__ is None:
        return None
    first = error.__cause__.args[0] if error.__cause__.args else None
    return first if isinstance(first, int) else None
