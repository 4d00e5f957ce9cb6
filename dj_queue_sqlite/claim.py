"""Claiming on SQLite: one UPDATE ... RETURNING under BEGIN IMMEDIATE."""

import heapq
import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any
from uuid import UUID

from dj_queue.contract import MOST_ATTEMPTS, ClaimedJob, ClaimRequest, Dialect, Selector
from dj_queue.portable.rows import CLAIM_COLUMNS, stored_json
from dj_queue.portable.values import id_out, moment_in, moment_out
from dj_queue_sqlite.connection import immediate, raw

# The first job of each queue from :prefix on that has ready ones, as the index has it: each queue is found by
# one probe, and its job by another. Paused ones are left out.
FIRSTS = """
WITH RECURSIVE ready (name) AS (
    SELECT min(queue_name) FROM dj_queue_job
    WHERE status = 'ready' AND backend_alias = :alias AND queue_name >= :prefix
    UNION ALL
    SELECT (SELECT min(queue_name) FROM dj_queue_job
            WHERE status = 'ready' AND backend_alias = :alias AND queue_name > ready.name)
    FROM ready WHERE substr(ready.name, 1, length(:prefix)) = :prefix
)
SELECT -first.priority, first.id, name
FROM ready CROSS JOIN dj_queue_job AS first ON first.id = (
    SELECT id FROM dj_queue_job WHERE status = 'ready' AND backend_alias = :alias AND queue_name = ready.name
    ORDER BY priority DESC, id LIMIT 1)
WHERE substr(name, 1, length(:prefix)) = :prefix
  AND name NOT IN (SELECT queue_name FROM dj_queue_pause WHERE backend_alias = :alias)
"""

IS_READY = """
SELECT EXISTS (SELECT 1 FROM dj_queue_job
               WHERE status = 'ready' AND backend_alias = :alias AND queue_name = :queue)
   AND NOT EXISTS (SELECT 1 FROM dj_queue_pause WHERE backend_alias = :alias AND queue_name = :queue)
"""

WAITING = """
SELECT -priority, id FROM dj_queue_job WHERE status = 'ready' AND backend_alias = ? AND queue_name = ?
ORDER BY priority DESC, id LIMIT ? OFFSET ?
"""

CLAIMED = f"""
UPDATE dj_queue_job
SET status = 'claimed', process_id = :process, attempts = min(attempts, {MOST_ATTEMPTS - 1}) + 1,
    claimed_at = :now, last_attempted_at = NULL
"""  # noqa: S608 - a number

CLAIM = f"""
{CLAIMED} WHERE id IN (SELECT value FROM json_each(:wanted)) RETURNING {", ".join(CLAIM_COLUMNS)}
"""  # noqa: S608 - the columns are this package's constants

# One queue, where nothing has to be merged.
CLAIM_ONE_QUEUE = f"""
{CLAIMED} WHERE id IN (
    SELECT id FROM dj_queue_job
    WHERE status = 'ready' AND backend_alias = :alias AND queue_name = :wanted
    ORDER BY priority DESC, id LIMIT :limit)
RETURNING {", ".join(CLAIM_COLUMNS)}
"""  # noqa: S608 - the columns are this package's constants

LEAST_SHOWN = 8
"""Jobs that are read at once of each of many queues: one queue may have all the best."""

type Place = tuple[int, str]
"""What orders the jobs of one selector: the priority's negative, then the id."""


class ImmediateClaim:
    """Claims while holding the write lock, after a read that takes none when nothing is ready."""

    name = "immediate"

    def __init__(self, dialect: Dialect) -> None:
        """Claim on the dialect's database."""
        self._alias = dialect.database.alias

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """See `dj_queue.contract.ClaimStrategy.claim`."""
        with raw(self._alias) as connection:
            lines = _lines(connection, request)
        if not lines:
            return []
        with immediate(self._alias), raw(self._alias) as connection:
            return _claim(connection, request, lines)


def _lines(connection: sqlite3.Connection, request: ClaimRequest) -> list[list[str]]:
    """For each selector that picks any, the queues that have ready jobs, each by the first that picks it."""
    lines = []
    seen: set[str] = set()
    for selector in request.selectors:
        names = [name for name in _queues(connection, request, selector) if name not in seen]
        seen.update(names)
        lines.append(names)
    return [names for names in lines if names]


def _queues(connection: sqlite3.Connection, request: ClaimRequest, selector: Selector) -> list[str]:
    """The selected queues that may have the next jobs.

    One whose first job comes behind those of as many others as jobs are wanted has none of them.
    """
    facts = {"alias": request.backend_alias}
    if selector.is_prefix:
        firsts = connection.execute(FIRSTS, {**facts, "prefix": selector.name})
        return [name for _late, _id, name in heapq.nsmallest(request.limit, firsts)]
    (is_ready,) = connection.execute(IS_READY, {**facts, "queue": selector.name}).fetchone()
    return [selector.name] if is_ready else []


def _claim(
    connection: sqlite3.Connection, request: ClaimRequest, lines: Sequence[Sequence[str]]
) -> list[ClaimedJob]:
    if len(lines) == 1 and len(lines[0]) == 1:
        return _take(connection, request, CLAIM_ONE_QUEUE, lines[0][0])
    in_order = chain.from_iterable(_merged(connection, request, queues) for queues in lines)
    wanted = [job_id for _late, job_id in islice(in_order, request.limit)]
    jobs = {id_out(job.id): job for job in _take(connection, request, CLAIM, json.dumps(wanted))}
    return [jobs[job_id] for job_id in wanted]


def _merged(connection: sqlite3.Connection, request: ClaimRequest, queues: Sequence[str]) -> Iterator[Place]:
    """The jobs of these queues by priority, then age, read as they are asked for."""
    return heapq.merge(*(_waiting(connection, request, name) for name in queues))


def _waiting(connection: sqlite3.Connection, request: ClaimRequest, queue: str) -> Iterator[Place]:
    """The queue's jobs, as many as are wanted at most: a few, and once these are used up, the rest."""
    facts = (request.backend_alias, queue)
    shown = connection.execute(WAITING, (*facts, LEAST_SHOWN, 0)).fetchall()
    yield from shown
    if len(shown) == LEAST_SHOWN:
        yield from connection.execute(WAITING, (*facts, request.limit, LEAST_SHOWN)).fetchall()


def _take(connection: sqlite3.Connection, request: ClaimRequest, sql: str, wanted: str) -> list[ClaimedJob]:
    facts = {
        "process": id_out(request.process_id),
        "now": moment_out(datetime.now(UTC)),
        "alias": request.backend_alias,
        "limit": request.limit,
        "wanted": wanted,
    }
    rows = connection.execute(sql, facts).fetchall()
    rows.sort(key=_by_priority_then_age)
    return [_claimed(row, request.process_id) for row in rows]


def _by_priority_then_age(row: tuple[Any, ...]) -> Place:
    return -row[3], row[0]


def _claimed(row: tuple[Any, ...], process_id: UUID) -> ClaimedJob:
    # A column of moments may hold any text; what is none reads as None, and must not hold up the others.
    enqueued_at = moment_in(row[7]) or datetime.now(UTC)
    return ClaimedJob(
        id=UUID(row[0]),
        attempt=row[1],
        process_id=process_id,
        queue_name=row[2],
        priority=row[3],
        task_path=row[4],
        args=stored_json(row[5]),
        kwargs=stored_json(row[6]),
        enqueued_at=enqueued_at,
        run_after=moment_in(row[8]),
        started_at=moment_in(row[9]),
        errors=stored_json(row[10]) if row[10] else [],
        lost=row[11],
        on_crash=row[12],
        concurrency_hash=row[13],
    )
