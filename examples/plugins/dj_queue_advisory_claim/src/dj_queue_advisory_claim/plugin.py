"""The hook this distribution answers."""

from collections.abc import Mapping
from typing import Any

from dj_queue.contract import ClaimStrategy, DatabaseInfo, Dialect, hookimpl

DJ_QUEUE_CONTRACT = (1, 0)
NAME = "advisory"


@hookimpl
def dj_queue_claim_strategy(
    database: DatabaseInfo, dialect: Dialect, options: Mapping[str, Any]
) -> ClaimStrategy | None:
    """A strategy for PostgreSQL, where the option `claim_strategy` asks for it."""
    if database.vendor != "postgresql" or options.get("claim_strategy") != NAME:
        return None
    from dj_queue_advisory_claim.claim import AdvisoryClaim

    return AdvisoryClaim(dialect)
