"""Writing outcomes on PostgreSQL: one fenced UPDATE for a whole batch."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dj_queue.contract import Outcome, Started, Status
from dj_queue_postgres.connection import cursor

# Rows are found by their key alone. With the status as a constant, or the number of ids known, the planner would
# read all claimed jobs instead where it believes them few, or the whole of a small table.
HELD = """
job.id = ANY (ARRAY(SELECT id FROM {0})) AND job.status = (SELECT 'claimed')
  AND job.id = {0}.id AND job.attempts = {0}.attempt AND job.process_id = {0}.process_id
"""

# A job that ended for good keeps its process: it is the last of its workers. One that will run again belongs
# to nobody; an attempt that never started is not counted.
FINISH = f"""
WITH outcome (id, attempt, process_id, status, is_end, started_at, ended_at, value, errors, lost, uncounted, delay)
AS MATERIALIZED (SELECT * FROM unnest(
    %s::uuid[], %s::int[], %s::uuid[], %s::text[], %s::bool[], %s::timestamptz[], %s::timestamptz[],
    %s::jsonb[], %s::jsonb[], %s::int[], %s::int[], %s::float8[]))
UPDATE dj_queue_job AS job
SET status = outcome.status,
    finished_at = CASE WHEN outcome.is_end THEN coalesce(outcome.ended_at, statement_timestamp()) END,
    return_value = outcome.value,
    errors = coalesce(outcome.errors, job.errors),
    lost = outcome.lost,
    attempts = job.attempts - outcome.uncounted,
    started_at = coalesce(job.started_at, outcome.started_at),
    last_attempted_at = coalesce(outcome.started_at, job.last_attempted_at),
    run_after = coalesce(statement_timestamp() + outcome.delay * interval '1 second', job.run_after),
    slot_until = CASE WHEN outcome.is_end THEN NULL ELSE job.slot_until END,
    process_id = CASE WHEN outcome.is_end THEN job.process_id END,
    claimed_at = CASE WHEN outcome.is_end THEN job.claimed_at END
FROM outcome WHERE {HELD.format("outcome")}
RETURNING job.id
"""  # noqa: S608 - the fence is a constant

DROP = f"""
WITH outcome (id, attempt, process_id) AS MATERIALIZED (SELECT * FROM unnest(%s::uuid[], %s::int[], %s::uuid[]))
DELETE FROM dj_queue_job AS job USING outcome WHERE {HELD.format("outcome")}
RETURNING job.id
"""  # noqa: S608 - the fence is a constant

STARTED = f"""
WITH started (id, attempt, process_id, at)
AS MATERIALIZED (SELECT * FROM unnest(%s::uuid[], %s::int[], %s::uuid[], %s::timestamptz[]))
UPDATE dj_queue_job AS job
SET started_at = coalesce(job.started_at, started.at), last_attempted_at = started.at
FROM started WHERE {HELD.format("started")}
"""  # noqa: S608 - the fence is a constant


def write_outcomes(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Write each outcome whose claim still stands; returns the ids of the jobs written."""
    if not outcomes:
        return frozenset()
    now = datetime.now(UTC)
    # In the order of their ids: two batches that meet the same rows lock them in one order.
    rows = [_values(outcome, now) for outcome in sorted(outcomes, key=_id)]
    with cursor(alias) as raw:
        written = raw.execute(FINISH, _columns(rows)).fetchall()
    return frozenset(job_id for (job_id,) in written)


def drop(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Delete each job whose claim still stands; returns their ids."""
    rows = [(outcome.job_id, outcome.attempt, outcome.process_id) for outcome in sorted(outcomes, key=_id)]
    if not rows:
        return frozenset()
    with cursor(alias) as raw:
        dropped = raw.execute(DROP, _columns(rows)).fetchall()
    return frozenset(job_id for (job_id,) in dropped)


def write_started(alias: str, attempts: Sequence[Started]) -> None:
    """Write when these attempts started, where their claims still stand."""
    if not attempts:
        return
    rows = [
        (started.job_id, started.attempt, started.process_id, started.started_at)
        for started in sorted(attempts, key=_id)
    ]
    with cursor(alias) as raw:
        raw.execute(STARTED, _columns(rows))


def _id(row: Outcome | Started) -> UUID:
    return row.job_id


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _values(outcome: Outcome, now: datetime) -> tuple[Any, ...]:
    is_end = outcome.status.is_finished
    return (
        outcome.job_id,
        outcome.attempt,
        outcome.process_id,
        outcome.status.value,
        is_end,
        outcome.started_at,
        (outcome.ended_at or now) if is_end else None,
        outcome.value_json if outcome.status is Status.SUCCESSFUL else None,
        outcome.errors_json,
        outcome.lost,
        1 if outcome.never_started else 0,
        outcome.retry_delay if outcome.status is Status.SCHEDULED else None,
    )
