"""Inserting jobs on PostgreSQL: one INSERT for one job, one COPY for many."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from dj_queue.contract import NewJob, Status
from dj_queue.portable.rows import RARE_COLUMNS
from dj_queue_postgres.connection import cursor, learn_session, may_prepare, preparing_cursor

OF_ALL = (
    "id",
    "backend_alias",
    "queue_name",
    "priority",
    "task_path",
    "args",
    "kwargs",
    "enqueued_at",
    "on_crash",
)
BEGINNING = ("attempts", "lost")
COLUMNS = (*OF_ALL, "status", *RARE_COLUMNS, *BEGINNING)


def _insert(columns: Sequence[str], **same: str) -> str:
    """An INSERT of these columns, and of `same`, which every row has: what is no parameter costs nothing to bind."""
    return f"""
INSERT INTO dj_queue_job ({", ".join((*columns, *same))})
VALUES ({", ".join((*["%s"] * len(columns), *same.values()))})
"""  # noqa: S608 - the columns are constants


INSERT_READY = _insert(OF_ALL, status=f"'{Status.READY.value}'", **dict.fromkeys(BEGINNING, "0"))
INSERT = _insert((*OF_ALL, "status", *RARE_COLUMNS), **dict.fromkeys(BEGINNING, "0"))
ASKING = "RETURNING pg_backend_pid()"
COPY = f"COPY dj_queue_job ({', '.join(COLUMNS)}) FROM STDIN"

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
NO_KEY = (None, None, None, None, None)


def insert_one(alias: str, job: NewJob) -> None:
    """One INSERT, nothing else. It is prepared, but for a connection's first one, which asks whether that can be."""
    sql, values = INSERT_READY, _values(job)
    if job.status is not Status.READY or job.concurrency is not None or job.run_after is not None:
        sql, values = INSERT, (*values, job.status.value, job.run_after, *_key(job))
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
    """The values of the columns that differ in every job."""
    return (
        job.id,
        job.backend_alias,
        job.queue_name,
        job.priority,
        job.task_path,
        job.args_json,
        job.kwargs_json,
        job.enqueued_at,
        job.on_crash,
    )


def _key(job: NewJob) -> tuple[Any, ...]:
    key = job.concurrency
    return NO_KEY if key is None else (key.key, key.key_hash, key.limit, key.duration, key.on_conflict)


def _line(job: NewJob) -> str:
    """The job in COPY's text format, in the order of the columns."""
    where = _joined(job.backend_alias, job.queue_name, job.priority, job.task_path)
    when = _joined(job.enqueued_at, job.on_crash, job.status.value, job.run_after)
    under = NO_KEY_TEXT if job.concurrency is None else _joined(*_key(job), 0, 0)
    return f"{job.id}\t{where}\t{_escaped(job.args_json)}\t{_escaped(job.kwargs_json)}\t{when}\t{under}\n"


@lru_cache(maxsize=256)  # the jobs of one batch share most of their values
def _joined(*values: Any) -> str:
    return "\t".join(map(_text, values))


def _text(value: Any) -> str:
    if value is None:
        return NULL
    # A member of an enum is the text that it equals, not its str().
    return _escaped(value) if isinstance(value, str) else str(value)


def _escaped(text: str) -> str:
    """The text of a value; what COPY would take for something else is never printable, but for the backslash."""
    return text if "\\" not in text and text.isprintable() else text.translate(ESCAPES)


NO_KEY_TEXT = _joined(*NO_KEY, 0, 0)
