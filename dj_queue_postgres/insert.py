"""Inserting jobs on PostgreSQL: one INSERT for one job, one COPY for many."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from dj_queue.contract import NewJob
from dj_queue.portable.rows import RARE_COLUMNS
from dj_queue_postgres.connection import cursor, learn_session, may_prepare, preparing_cursor

OF_ALL = (
    "id",
    "backend_alias",
    "queue_name",
    "priority",
    "status",
    "task_path",
    "args",
    "kwargs",
    "enqueued_at",
    "on_crash",
    "attempts",
    "lost",
)
COLUMNS = OF_ALL + RARE_COLUMNS


def _insert(columns: Sequence[str]) -> str:
    return f"""
INSERT INTO dj_queue_job ({", ".join(columns)})
VALUES ({", ".join(["%s"] * len(columns))})
"""  # noqa: S608 - the columns are constants


INSERT_OF_ALL = _insert(OF_ALL)
INSERT = _insert(COLUMNS)
ASKING = "RETURNING pg_backend_pid()"
COPY = f"COPY dj_queue_job ({', '.join(COLUMNS)}) FROM STDIN"

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NO_KEY = (None, None, None, None, None)


def insert_one(alias: str, job: NewJob) -> None:
    """One INSERT, nothing else. It is prepared, but for a connection's first one, which asks whether that can be."""
    sql, values = INSERT, _values(job)
    if job.concurrency is None and job.run_after is None:
        sql, values = INSERT_OF_ALL, values[: len(OF_ALL)]
    if may_prepare(alias):
        with preparing_cursor(alias) as raw:
            raw.execute(sql, values)
        return
    with cursor(alias) as raw:
        learn_session(alias, *raw.execute(sql + ASKING, values).fetchone())


def insert_many(alias: str, jobs: Sequence[NewJob]) -> None:
    """One COPY: the statement is parsed once and planned never."""
    text = "".join(map(_line, jobs))
    with cursor(alias) as raw, raw.copy(COPY) as copy:
        copy.write(text)


def _values(job: NewJob) -> tuple[Any, ...]:
    key = job.concurrency
    return (
        job.id,
        job.backend_alias,
        job.queue_name,
        job.priority,
        job.status.value,
        job.task_path,
        job.args_json,
        job.kwargs_json,
        job.enqueued_at,
        job.on_crash,
        0,
        0,
        job.run_after,
        *(NO_KEY if key is None else (key.key, key.key_hash, key.limit, key.duration, key.on_conflict)),
    )


def _line(job: NewJob) -> str:
    """The job in COPY's text format, in the order of the columns."""
    key = job.concurrency
    where = _joined(job.backend_alias, job.queue_name, job.priority, job.status.value, job.task_path)
    when = _joined(job.enqueued_at, job.on_crash, 0, 0, job.run_after)
    under = NO_KEY_TEXT
    if key is not None:
        under = _joined(key.key, key.key_hash, key.limit, key.duration, key.on_conflict)
    return f"{job.id}\t{where}\t{_escaped(job.args_json)}\t{_escaped(job.kwargs_json)}\t{when}\t{under}\n"


@lru_cache(maxsize=256)  # the jobs of one batch share most of their values
def _joined(*values: Any) -> str:
    return "\t".join(map(_text, values))


def _text(value: Any) -> str:
    if value is None:
        return NULL
    return _escaped(value) if type(value) is str else str(value)


def _escaped(text: str) -> str:
    """The text of a value; what COPY would take for something else is never printable, but for the backslash."""
    return text if "\\" not in text and text.isprintable() else text.translate(ESCAPES)


NO_KEY_TEXT = _joined(*NO_KEY)
