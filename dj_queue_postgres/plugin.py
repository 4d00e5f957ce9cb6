"""The hooks this distribution answers, for databases of Django's `postgresql` vendor."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dj_queue.contract import ClaimStrategy, DatabaseInfo, Dialect, WakeupTransport, hookimpl

if TYPE_CHECKING:
    from dj_queue_postgres.dialect import PostgresDialect

DJ_QUEUE_CONTRACT = (1, 0)
VENDOR = "postgresql"


@hookimpl
def dj_queue_dialect(database: DatabaseInfo) -> "PostgresDialect | None":
    """PostgreSQL's own statements."""
    if database.vendor != VENDOR:
        return None
    from dj_queue_postgres.dialect import PostgresDialect

    return PostgresDialect(database)


@hookimpl
def dj_queue_claim_strategy(
    database: DatabaseInfo, dialect: Dialect, options: Mapping[str, Any]
) -> ClaimStrategy | None:
    """One UPDATE over rows locked with SKIP LOCKED, unless `use_skip_locked` forbids it."""
    if database.vendor != VENDOR or not options.get("use_skip_locked", True):
        return None
    from dj_queue_postgres.claim import SkipLockedClaim

    return SkipLockedClaim(dialect)


@hookimpl
def dj_queue_wakeup_transport(database: DatabaseInfo, options: Mapping[str, Any]) -> WakeupTransport | None:
    """LISTEN and NOTIFY, unless `listen_notify` forbids them."""
    if database.vendor != VENDOR or not options.get("listen_notify", True):
        return None
    from dj_queue_postgres.wakeup import NotifyWakeup

    return NotifyWakeup(database)
