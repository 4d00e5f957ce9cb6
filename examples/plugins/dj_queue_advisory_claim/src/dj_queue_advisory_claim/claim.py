"""Claiming in turns: who gets the advisory lock takes the best of the ready jobs."""

import json
from collections.abc import Sequence
from typing import Any

from django.db import connections

from dj_queue.contract import MOST_ATTEMPTS, ClaimedJob, ClaimRequest, Dialect

COLUMNS = (
    "id, attempts, process_id, queue_name, priority, task_path, args, kwargs, "
    "enqueued_at, run_after, started_at, errors, lost, on_crash, concurrency_hash"
)

TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtextextended('dj_queue_advisory_claim ' || %s, 0))"

CLAIM = f"""
WITH asked AS (
    SELECT * FROM unnest(%(names)s::text[], %(prefixes)s::bool[]) WITH ORDINALITY AS asked (name, is_prefix, rank)
), best AS (
    SELECT job.id, (
        SELECT min(asked.rank) FROM asked
        WHERE CASE WHEN asked.is_prefix THEN starts_with(job.queue_name, asked.name) ELSE job.queue_name = asked.name END
    ) AS rank
    FROM dj_queue_job AS job
    WHERE job.status = 'ready' AND job.backend_alias = %(alias)s AND NOT EXISTS (
        SELECT FROM dj_queue_pause AS pause
        WHERE pause.backend_alias = %(alias)s AND pause.queue_name = job.queue_name)
), taken AS (
    SELECT best.id, row_number() OVER (ORDER BY best.rank, job.priority DESC, job.id) AS place
    FROM best JOIN dj_queue_job AS job USING (id) WHERE best.rank IS NOT NULL
    ORDER BY place LIMIT %(limit)s
), claimed AS (
    UPDATE dj_queue_job AS job
    SET status = 'claimed', process_id = %(process)s, attempts = least(attempts, {MOST_ATTEMPTS - 1}) + 1,
        claimed_at = statement_timestamp(), last_attempted_at = NULL
    FROM taken WHERE job.id = taken.id AND job.status = 'ready'
    RETURNING taken.place, job.*
)
SELECT {COLUMNS} FROM claimed ORDER BY place
"""


class AdvisoryClaim:
    """Claims that take turns: strictly in order over all workers, and one at a time."""

    name = "advisory"

    def __init__(self, dialect: Dialect) -> None:
        """Claim on the dialect's database."""
        self._dialect = dialect

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """Take jobs if it is this claim's turn; none otherwise, the next poll asks again."""
        facts: dict[str, Any] = {
            "alias": request.backend_alias,
            "process": request.process_id,
            "limit": request.limit,
            "names": [selector.name for selector in request.selectors],
            "prefixes": [selector.is_prefix for selector in request.selectors],
        }
        with self._dialect.atomic(), connections[self._dialect.database.alias].cursor() as cursor:
            cursor.execute(TRY_LOCK, [request.backend_alias])
            if not cursor.fetchone()[0]:
                return []
            cursor.execute(CLAIM, facts)
            return [_job(row) for row in cursor.fetchall()]


def _job(row: Sequence[Any]) -> ClaimedJob:
    """The job in a row of COLUMNS. Django's connections leave JSON as text."""
    job_id, attempt, process_id, queue_name, priority, task_path, args, kwargs, *rest = row
    enqueued_at, run_after, started_at, errors, lost, on_crash, concurrency_hash = rest
    return ClaimedJob(
        id=job_id,
        attempt=attempt,
        process_id=process_id,
        queue_name=queue_name,
        priority=priority,
        task_path=task_path,
        args=json.loads(args),
        kwargs=json.loads(kwargs),
        enqueued_at=enqueued_at,
        run_after=run_after,
        started_at=started_at,
        errors=json.loads(errors) if errors else [],
        lost=lost,
        on_crash=on_crash,
        concurrency_hash=concurrency_hash,
    )
