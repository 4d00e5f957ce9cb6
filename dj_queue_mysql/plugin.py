"""The hooks this distribution answers, for databases of Django's `mysql` vendor."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dj_queue.contract import ClaimStrategy, DatabaseInfo, Dialect, hookimpl

if TYPE_CHECKING:
    from dj_queue_mysql.dialect import MySQLDialect

DJ_QUEUE_CONTRACT = (1, 0)
VENDOR = "mysql"


@hookimpl
def dj_queue_dialect(database: DatabaseInfo) -> "MySQLDialect | None":
    """MySQL's and MariaDB's own statements."""
    if database.vendor != VENDOR:
        return None
    from dj_queue_mysql.dialect import MySQLDialect

    return MySQLDialect(database)


@hookimpl
def dj_queue_claim_strategy(
    database: DatabaseInfo, dialect: Dialect, options: Mapping[str, Any]
) -> ClaimStrategy | None:
    """Rows locked with SKIP LOCKED, unless `use_skip_locked` forbids it."""
    if database.vendor != VENDOR or not options.get("use_skip_locked", True):
        return None
    from dj_queue_mysql.claim import SkipLockedClaim

    return SkipLockedClaim(dialect)
