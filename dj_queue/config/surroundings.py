"""Options beside the settings they rely on: the database they name, and the size of its connection pool."""

import os
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from dj_queue.config.options import Options
from dj_queue.config.sections import Problem

OWN_CONNECTIONS = 2
"""Of a worker beside its threads: one claims, one records outcomes."""
SMALLEST_POOL = 4
"""What a pool holds where nothing says how many connections it may have."""


def check_surroundings(options: Options) -> Iterator[Problem]:
    """What is wrong with the options in these settings, though each is fine by itself."""
    if options.mode == "fork" and not hasattr(os, "fork"):
        yield ("mode",), "this platform cannot fork; use 'async'"
    if options.database_alias not in settings.DATABASES:
        known = ", ".join(map(repr, sorted(settings.DATABASES)))
        yield ("database_alias",), f"DATABASES has no {options.database_alias!r}; it has {known}"
        return
    pool = _pool_size(settings.DATABASES[options.database_alias])
    if pool is None:
        return
    where = f"DATABASES[{options.database_alias!r}]['OPTIONS']['pool']"
    if options.mode == "async":
        yield from _check_one_process(options, pool, where)
        return
    for index, worker in enumerate(options.workers):
        needed = worker.threads + OWN_CONNECTIONS
        if pool < needed:
            text = (
                f"{worker.threads} threads need a pool of at least {needed} connections; {where} has {pool}"
            )
            yield ("workers", index, "threads"), text


def _check_one_process(options: Options, pool: int, where: str) -> Iterator[Problem]:
    workers = sum(worker.processes * (worker.threads + OWN_CONNECTIONS) for worker in options.workers)
    needed = workers + len(options.dispatchers) + len(("supervisor", "scheduler"))
    if pool < needed:
        text = f"in async mode all actors share a pool, of at least {needed} connections; {where} has {pool}"
        yield ("workers",), text


def _pool_size(database: dict[str, Any]) -> int | None:
    """The most connections that Django's pool of this database holds, or None where it has none."""
    pool = (database.get("OPTIONS") or {}).get("pool")
    if not pool:
        return None
    limits = pool if isinstance(pool, dict) else {}
    return int(limits.get("max_size") or limits.get("min_size") or SMALLEST_POOL)
