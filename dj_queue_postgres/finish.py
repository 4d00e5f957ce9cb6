"""Writing outcomes on PostgreSQL: one fenced UPDATE for a whole batch."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dj_queue.contract import Outcome, Started, Status
from dj_queue_postgres.arrays import array, array_of_texts
from dj_queue_postgres.connection import cursor, planning_cursor

FEW = 20
"""Outcomes that may be compared with as many jobs, each with each."""

# Rows are found by their key alone. With the status as a constant, or the number of ids known, the planner would
# read all claimed jobs instead where it believes them few, or the whole of a small table.
HELD = """
job.id = ANY (ARRAY(SELECT id FROM {0})) AND job.status = (SELECT 'claimed')
  AND job.id = {0}.id AND job.attempts = {0}.attempt AND job.process_id = {0}.process_id
"""

# A job that ended for good keeps its process: it is the last of its workers. One that will run again belongs
# to nobody; an attempt that never started is not counted.
FINISH = f"""
WITH outcome (id, attempt, process_id, status, started_at, ended_at, value, errors, lost, uncounted, delay)
AS MATERIALIZED (SELECT * FROM unnest(
    %s::uuid[], %s::int[], %s::uuid[], %s::text[], %s::timestamptz[], %s::timestamptz[],
    %s::jsonb[], %s::jsonb[], %s::int[], %s::int[], %s::float8[]))
UPDATE dj_queue_job AS job
SET status = outcome.status,
    finished_at = outcome.ended_at,
    return_value = outcome.value,
    errors = coalesce(outcome.errors, job.errors),
    lost = outcome.lost,
    attempts = job.attempts - outcome.uncounted,
    started_at = coalesce(job.started_at, outcome.started_at),
    last_attempted_at = coalesce(outcome.started_at, job.last_attempted_at),
    run_after = coalesce(statement_timestamp() + outcome.delay * interval '1 second', job.run_after),
    slot_until = CASE WHEN outcome.ended_at IS NOT NULL THEN NULL ELSE job.slot_until END,
    process_id = CASE WHEN outcome.ended_at IS NOT NULL THEN job.process_id END,
    claimed_at = CASE WHEN outcome.ended_at IS NOT NULL THEN job.claimed_at END
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
    # In the order of their ids: two batches that meet the same rows lock them in one order.
    ordered = sorted(outcomes, key=_id)
    with _cursor_for(alias, ordered) as raw:
        written = raw.execute(FINISH, [*_held(ordered), *_ended(ordered)]).fetchall()
    return frozenset(job_id for (job_id,) in written)


def drop(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Delete each job whose claim still stands; returns their ids."""
    if not outcomes:
        return frozenset()
    ordered = sorted(outcomes, key=_id)
    with _cursor_for(alias, ordered) as raw:
        dropped = raw.execute(DROP, _held(ordered)).fetchall()
    return frozenset(job_id for (job_id,) in dropped)


def write_started(alias: str, attempts: Sequence[Started]) -> None:
    """Write when these attempts started, where their claims still stand."""
    if not attempts:
        return
    ordered = sorted(attempts, key=_id)
    with _cursor_for(alias, ordered) as raw:
        raw.execute(STARTED, [*_held(ordered), array([started.started_at for started in ordered])])


def _cursor_for(alias: str, rows: Sequence[Outcome] | Sequence[Started]) -> AbstractContextManager[Any]:
    """A plan that is kept expects few rows and compares each outcome with each job: many get one of their own."""
    return planning_cursor(alias) if len(rows) > FEW else cursor(alias)


def _id(row: Outcome | Started) -> int:
    return row.job_id.int


def _held(rows: Sequence[Outcome] | Sequence[Started]) -> list[str]:
    """What the fence compares."""
    return [
        array([row.job_id.hex for row in rows]),
        array([row.attempt for row in rows]),
        array([row.process_id.hex for row in rows]),
    ]


def _ended(outcomes: Sequence[Outcome]) -> list[str]:
    """What becomes of each job; one that has an end ended for good."""
    now = datetime.now(UTC)
    ends = [outcome.ended_at or now if outcome.status.is_finished else None for outcome in outcomes]
    return [
        array([outcome.status for outcome in outcomes]),
        array([outcome.started_at for outcome in outcomes]),
        array(ends),
        array_of_texts([o.value_json if o.status is Status.SUCCESSFUL else None for o in outcomes]),
        array_of_texts([outcome.errors_json for outcome in outcomes]),
        array([outcome.lost for outcome in outcomes]),
        array([1 if outcome.never_started else 0 for outcome in outcomes]),
        array([o.retry_delay if o.status is Status.SCHEDULED else None for o in outcomes]),
    ]
