"""Inserting jobs on SQLite."""

from collections.abc import Sequence
from typing import Any

from dj_queue.contract import NewJob
from dj_queue.portable.values import moment_out
from dj_queue_sqlite.connection import raw

COLUMNS = (
    "id",
    "backend_alias",
    "queue_name",
    "priority",
    "status",
    "task_path",
    "args",
    "kwargs",
    "enqueued_at",
    "run_after",
    "on_crash",
    "concurrency_key",
    "concurrency_hash",
    "concurrency_limit",
    "concurrency_duration",
    "on_conflict",
)

INSERT = f"""
INSERT INTO dj_queue_job (attempts, lost, {", ".join(COLUMNS)})
VALUES (0, 0, {", ".join("?" * len(COLUMNS))})
"""  # noqa: S608 - the columns are constants

NO_KEY = (None, None, None, None, None)


def insert_one(alias: str, job: NewJob) -> None:
    """One INSERT, nothing else."""
    with raw(alias) as connection:
        connection.execute(INSERT, _values(job))


def insert_many(alias: str, jobs: Sequence[NewJob]) -> None:
    """One prepared INSERT run for each job; the caller's transaction makes them one."""
    with raw(alias) as connection:
        connection.executemany(INSERT, [_values(job) for job in jobs])


def _values(job: NewJob) -> tuple[Any, ...]:
    key = job.concurrency
    return (
        job.id.hex,
        job.backend_alias,
        job.queue_name,
        job.priority,
        job.status.value,
        job.task_path,
        job.args_json,
        job.kwargs_json,
        moment_out(job.enqueued_at),
        None if job.run_after is None else moment_out(job.run_after),
        job.on_crash,
        *(NO_KEY if key is None else (key.key, key.key_hash, key.limit, key.duration, key.on_conflict)),
    )
