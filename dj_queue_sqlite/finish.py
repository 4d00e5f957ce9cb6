"""Writing outcomes on SQLite: one prepared, fenced UPDATE run for each; its row count tells who held the claim."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from dj_queue.contract import Outcome, Started, Status
from dj_queue.portable.values import id_out, moment_out
from dj_queue_sqlite.connection import raw

FENCE = "id = ? AND attempts = ? AND process_id = ? AND status = 'claimed'"

# A job that ended for good keeps its process: it is the last of its workers.
END = f"""
UPDATE dj_queue_job
SET status = ?, finished_at = ?, return_value = ?, errors = coalesce(?, errors), lost = ?,
    started_at = coalesce(started_at, ?), last_attempted_at = coalesce(?, last_attempted_at), slot_until = NULL
WHERE {FENCE}
"""  # noqa: S608 - the fence is a constant

# A job that will run again belongs to nobody; an attempt that never started is not counted. A slot given
# back with its job still runs out when it did before: others may wait for it.
GIVE_BACK = f"""
UPDATE dj_queue_job
SET status = ?, run_after = coalesce(?, run_after), attempts = ?, errors = coalesce(?, errors), lost = ?,
    started_at = coalesce(started_at, ?), last_attempted_at = coalesce(?, last_attempted_at),
    process_id = NULL, claimed_at = NULL
WHERE {FENCE}
"""  # noqa: S608 - the fence is a constant

DROP = f"""
DELETE FROM dj_queue_job WHERE {FENCE}
"""  # noqa: S608 - the fence is a constant

STARTED = f"""
UPDATE dj_queue_job SET started_at = coalesce(started_at, ?), last_attempted_at = ? WHERE {FENCE}
"""  # noqa: S608 - the fence is a constant


def write_outcomes(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Write each outcome whose claim still stands; returns the ids of the jobs written."""
    now = datetime.now(UTC)
    with raw(alias) as connection:
        cursor = connection.cursor()
        written = []
        for outcome in outcomes:
            statement = _end(outcome, now) if outcome.status.is_finished else _give_back(outcome, now)
            if cursor.execute(*statement).rowcount:
                written.append(outcome.job_id)
    return frozenset(written)


def drop(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Delete each job whose claim still stands; returns their ids."""
    with raw(alias) as connection:
        return frozenset(
            outcome.job_id for outcome in outcomes if connection.execute(DROP, _fence(outcome)).rowcount
        )


def write_started(alias: str, attempts: Sequence[Started]) -> None:
    """Write when these attempts started, where their claims still stand."""
    with raw(alias) as connection:
        for started in attempts:
            moment = moment_out(started.started_at)
            fence = (id_out(started.job_id), started.attempt, id_out(started.process_id))
            connection.execute(STARTED, (moment, moment, *fence))


def _end(outcome: Outcome, now: datetime) -> tuple[str, tuple[Any, ...]]:
    started = _moment(outcome.started_at)
    return END, (
        outcome.status.value,
        moment_out(outcome.ended_at or now),
        outcome.value_json,
        outcome.errors_json,
        outcome.lost,
        started,
        started,
        *_fence(outcome),
    )


def _give_back(outcome: Outcome, now: datetime) -> tuple[str, tuple[Any, ...]]:
    due = None
    if outcome.status is Status.SCHEDULED:
        due = moment_out(now + timedelta(seconds=outcome.retry_delay))
    started = _moment(outcome.started_at)
    return GIVE_BACK, (
        outcome.status.value,
        due,
        outcome.attempt - 1 if outcome.never_started else outcome.attempt,
        outcome.errors_json,
        outcome.lost,
        started,
        started,
        *_fence(outcome),
    )


def _fence(outcome: Outcome) -> tuple[str, int, str]:
    return id_out(outcome.job_id), outcome.attempt, id_out(outcome.process_id)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else moment_out(value)
