"""Promoting and pruning on MySQL: rows locked with SKIP LOCKED, then one statement by their ids."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connections

from dj_queue.contract import Promoted, Status
from dj_queue.portable.burst import Burst, Moment
from dj_queue.portable.values import moment_out

DUE = """
SELECT run_after, id, queue_name, concurrency_hash FROM dj_queue_job FORCE INDEX (djqueue_my_moments)
WHERE backend_alias = %s AND status = 'scheduled' AND finished_at IS NULL
  AND run_after >= %s AND run_after <= UTC_TIMESTAMP(6)
ORDER BY run_after LIMIT %s
FOR UPDATE SKIP LOCKED
"""

PROMOTE = """
UPDATE dj_queue_job FORCE INDEX (PRIMARY)
SET status = IF(concurrency_hash IS NULL, 'ready', 'blocked'), slot_until = NULL
WHERE id IN ({ids})
"""

OLD = """
SELECT finished_at, id FROM dj_queue_job FORCE INDEX (djqueue_my_moments)
WHERE backend_alias = %s AND status = %s AND finished_at >= %s AND finished_at < %s
ORDER BY finished_at LIMIT %s
FOR UPDATE SKIP LOCKED
"""

PRUNE = "DELETE FROM dj_queue_job WHERE id IN ({ids})"


EARLIEST = "1000-01-01"

type Row = tuple[Any, ...]


def promote_due(alias: str, backend_alias: str, limit: int, burst: Burst) -> Promoted:
    """Make up to `limit` due jobs ready, or blocked when a concurrency key must admit them first."""

    def take(since: Moment, count: int) -> list[Row]:
        return _changed(alias, PROMOTE, DUE, (backend_alias, since or EARLIEST, count))

    rows = burst.batch(backend_alias, limit, take)
    return Promoted(
        len(rows),
        frozenset(queue for _due, _id, queue, key in rows if key is None),
        frozenset(key for _due, _id, _queue, key in rows if key is not None),
    )


def prune(alias: str, backend_alias: str, status: Status, before: datetime, limit: int, burst: Burst) -> int:
    """Delete up to `limit` jobs of one finished status that ended before `before`."""
    kind = (backend_alias, status.value)

    def take(since: Moment, count: int) -> list[Row]:
        return _changed(alias, PRUNE, OLD, (*kind, since or EARLIEST, moment_out(before), count))

    return len(burst.batch(kind, limit, take))


def _changed(alias: str, change: str, find: str, facts: Sequence[Any]) -> list[Row]:
    """The rows that `find` locks, after `change`."""
    with connections[alias].cursor() as cursor:
        cursor.execute(find, facts)
        rows = list(cursor.fetchall())
        if rows:
            cursor.execute(change.format(ids=",".join(["%s"] * len(rows))), [row[1] for row in rows])
    return rows
