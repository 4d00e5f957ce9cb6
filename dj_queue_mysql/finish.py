"""Writing outcomes on MySQL: the claims that stand are locked, then one UPDATE writes the whole batch."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connections

from dj_queue.contract import Outcome, Started, Status
from dj_queue.portable.values import id_out, moment_out
from dj_queue_mysql.connection import ids_out, quoting
from dj_queue_mysql.pieces import in_pieces

HELD = """
SELECT id, attempts, process_id FROM dj_queue_job FORCE INDEX (PRIMARY)
WHERE id IN {ids} AND status = 'claimed' ORDER BY id FOR UPDATE
"""

# A job that ended for good keeps its process: it is the last of its workers. One that will run again belongs
# to nobody; an attempt that never started is not counted.
FINISH = """
UPDATE JSON_TABLE({rows}, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]', status VARCHAR(10) PATH '$[1]', is_end INT PATH '$[2]',
    started_at DATETIME(6) PATH '$[3]', ended_at DATETIME(6) PATH '$[4]', value LONGTEXT PATH '$[5]',
    errors LONGTEXT PATH '$[6]', lost INT PATH '$[7]', uncounted INT PATH '$[8]', delay BIGINT PATH '$[9]'
)) AS outcome STRAIGHT_JOIN dj_queue_job AS job ON job.id = outcome.id
SET job.status = outcome.status,
    job.finished_at = IF(outcome.is_end, COALESCE(outcome.ended_at, UTC_TIMESTAMP(6)), NULL),
    job.return_value = outcome.value,
    job.errors = COALESCE(outcome.errors, job.errors),
    job.lost = outcome.lost,
    job.attempts = job.attempts - outcome.uncounted,
    job.started_at = COALESCE(job.started_at, outcome.started_at),
    job.last_attempted_at = COALESCE(outcome.started_at, job.last_attempted_at),
    job.run_after = COALESCE(UTC_TIMESTAMP(6) + INTERVAL outcome.delay MICROSECOND, job.run_after),
    job.slot_until = IF(outcome.is_end, NULL, job.slot_until),
    job.process_id = IF(outcome.is_end, job.process_id, NULL),
    job.claimed_at = IF(outcome.is_end, job.claimed_at, NULL)
"""

STARTED = """
UPDATE JSON_TABLE({rows}, '$[*]' COLUMNS (
    id CHAR(32) PATH '$[0]', attempt INT PATH '$[1]', process_id CHAR(32) PATH '$[2]', at DATETIME(6) PATH '$[3]'
)) AS started STRAIGHT_JOIN dj_queue_job AS job ON job.id = started.id
SET job.started_at = COALESCE(job.started_at, started.at), job.last_attempted_at = started.at
WHERE job.attempts = started.attempt AND job.process_id = started.process_id AND job.status = 'claimed'
"""

DROP = "DELETE FROM dj_queue_job WHERE id IN {ids}"

MICROSECONDS = 1_000_000


def write_outcomes(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Write each outcome whose claim still stands; returns the ids of the jobs written."""
    held = _held(alias, outcomes)
    rows = [_row(outcome) for outcome in held]
    _run(alias, FINISH, rows, lambda number: f"the outcome of job {held[number].job_id}")
    return frozenset(outcome.job_id for outcome in held)


def drop(alias: str, outcomes: Sequence[Outcome]) -> frozenset[UUID]:
    """Delete each job whose claim still stands; returns their ids."""
    ids = frozenset(outcome.job_id for outcome in _held(alias, outcomes))
    if ids:
        with connections[alias].cursor() as cursor:
            cursor.execute(DROP.format(ids=ids_out(ids)))
    return ids


def write_started(alias: str, attempts: Sequence[Started]) -> None:
    """Write when these attempts started, where their claims still stand."""
    in_order = sorted(attempts, key=lambda started: started.job_id)
    rows = [
        f'["{id_out(started.job_id)}",{started.attempt},"{id_out(started.process_id)}",{_moment(started.started_at)}]'
        for started in in_order
    ]
    _run(alias, STARTED, rows, lambda number: f"the start of job {in_order[number].job_id}")


def _held(alias: str, outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Those of these outcomes whose claims stand, their rows locked in the order of their ids."""
    if not outcomes:
        return []
    wanted = {(outcome.job_id, outcome.attempt, outcome.process_id): outcome for outcome in outcomes}
    with connections[alias].cursor() as cursor:
        cursor.execute(HELD.format(ids=ids_out({outcome.job_id for outcome in outcomes})))
        rows = cursor.fetchall()
    fences = [(UUID(job_id), attempt, UUID(process_id)) for job_id, attempt, process_id in rows if process_id]
    return [wanted[fence] for fence in fences if fence in wanted]


def _run(alias: str, statement: str, rows: Sequence[str], name_of: Callable[[int], str]) -> None:
    """Run the statement on these rows, each the text of a JSON list."""
    quote = quoting(alias)
    with connections[alias].cursor() as cursor:
        for piece in in_pieces(alias, (quote(row)[1:-1] for row in rows), name_of):
            cursor.execute(statement.format(rows=f"'[{','.join(piece)}]'"))


def _row(outcome: Outcome) -> str:
    is_end = outcome.status.is_finished
    value = outcome.value_json if outcome.status is Status.SUCCESSFUL else None
    delay = round(outcome.retry_delay * MICROSECONDS) if outcome.status is Status.SCHEDULED else "null"
    return (
        f'["{id_out(outcome.job_id)}","{outcome.status.value}",{is_end:d},{_moment(outcome.started_at)},'
        f"{_moment(outcome.ended_at)},{json.dumps(value)},{json.dumps(outcome.errors_json)},{outcome.lost},"
        f"{outcome.never_started:d},{delay}]"
    )


def _moment(value: datetime | None) -> str:
    return "null" if value is None else f'"{moment_out(value)}"'
