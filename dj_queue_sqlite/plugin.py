"""The hooks this distribution answers, for databases of Django's `sqlite` vendor."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dj_queue.contract import (
    ClaimStrategy,
    DatabaseInfo,
    Dialect,
    WakeupTransport,
    hookimpl,
)

if TYPE_CHECKING:
    from dj_queue_sqlite.dialect import SQLiteDialect

DJ_QUEUE_CONTRACT = (1, 0)
VENDOR = "sqlite"


@hookimpl
def dj_queue_dialect(database: DatabaseInfo) -> "SQLiteDialect | None":
    """SQLite's own statements."""
    if database.vendor != VENDOR:
        return None
    from dj_queue_sqlite.dialect import SQLiteDialect

    return SQLiteDialect(database)


@hookimpl
def dj_queue_claim_strategy(database: DatabaseInfo, dialect: Dialect) -> ClaimStrategy | None:
    """One UPDATE ... RETURNING under the write lock."""
    if database.vendor != VENDOR:
        return None
    from dj_queue_sqlite.claim import ImmediateClaim

    return ImmediateClaim(dialect)


@hookimpl
def dj_queue_wakeup_transport(database: DatabaseInfo, options: Mapping[str, Any]) -> WakeupTransport | None:
    """A look at the file's change counter every few milliseconds."""
    if database.vendor != VENDOR:
        return None
    from dj_queue_sqlite.wakeup import DataVersionWakeup

    return DataVersionWakeup(database)
