"""What waits for a commit that never comes: a test case rolls its transactions back."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connections

# Where Django's own captureOnCommitCallbacks says it.
logger = logging.getLogger("django.test")


@contextmanager
def as_committed() -> Iterator[None]:
    """In the transactions that are open on any database, do at the end what was left meanwhile for their commits.

    Each callback is taken off, so that a commit that comes after all finds it done.
    """
    before = {
        connection.alias: len(connection.run_on_commit)
        for connection in connections.all(initialized_only=True)
        if connection.in_atomic_block
    }
    yield
    while (waiting := _with_more(before)) is not None:
        _savepoints, callback, is_robust = waiting.run_on_commit.pop(before[waiting.alias])
        try:
            callback()
        except Exception:
            if not is_robust:
                raise
            logger.exception("a callback of on_commit() failed")


def _with_more(before: Mapping[str, int]) -> Any:
    """The first of these connections with callbacks that were not there before, or None; one may have left another."""
    opened = ((connections[alias], count) for alias, count in before.items())
    return next((connection for connection, count in opened if len(connection.run_on_commit) > count), None)
