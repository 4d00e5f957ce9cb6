"""Promoting and pruning on PostgreSQL: one statement each."""

from datetime import datetime

from dj_queue.contract import Promoted, Status
from dj_queue.portable.burst import Burst, Moment, Row
from dj_queue_postgres.connection import cursor

FRONT = "-infinity"

PROMOTE = """
WITH due AS (
    SELECT id FROM dj_queue_job
    WHERE status = 'scheduled' AND backend_alias = %s AND run_after BETWEEN %s AND statement_timestamp()
    ORDER BY run_after LIMIT %s
    FOR UPDATE SKIP LOCKED)
UPDATE dj_queue_job
SET status = CASE WHEN concurrency_hash IS NULL THEN 'ready' ELSE 'blocked' END, slot_until = NULL
WHERE id = ANY (ARRAY(SELECT id FROM due))
RETURNING run_after, queue_name, concurrency_hash
"""

PRUNE = """
DELETE FROM dj_queue_job WHERE id = ANY (ARRAY(
    SELECT id FROM dj_queue_job
    WHERE backend_alias = %s AND status = %s AND finished_at >= %s AND finished_at < %s
    ORDER BY finished_at LIMIT %s
    FOR UPDATE SKIP LOCKED))
RETURNING finished_at
"""


def promote_due(alias: str, backend_alias: str, limit: int, burst: Burst) -> Promoted:
    """Make up to `limit` due jobs ready, or blocked when a concurrency key must admit them first."""

    def take(since: Moment, count: int) -> list[Row]:
        with cursor(alias) as raw:
            rows: list[Row] = raw.execute(PROMOTE, (backend_alias, since or FRONT, count)).fetchall()
        return rows

    rows = burst.batch(backend_alias, limit, take)
    return Promoted(
        len(rows),
        frozenset(queue for _due, queue, key in rows if key is None),
        frozenset(key for _due, _queue, key in rows if key is not None),
    )


def prune(alias: str, backend_alias: str, status: Status, before: datetime, limit: int, burst: Burst) -> int:
    """Delete up to `limit` jobs of one finished status that ended before `before`."""

    def take(since: Moment, count: int) -> list[Row]:
        with cursor(alias) as raw:
            rows: list[Row] = raw.execute(
                PRUNE, (backend_alias, status.value, since or FRONT, before, count)
            ).fetchall()
        return rows

    return len(burst.batch((backend_alias, status), limit, take))
