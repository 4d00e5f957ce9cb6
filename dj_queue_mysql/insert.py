"""Inserting jobs on MySQL: one INSERT of as many rows as one statement takes well."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache

from django.db import connections

from dj_queue.contract import NewJob
from dj_queue.portable.rows import RARE_COLUMNS
from dj_queue.portable.values import id_out, moment_out
from dj_queue_mysql.connection import quoting
from dj_queue_mysql.pieces import in_pieces

OWN = ("id", "args", "kwargs")
"""The columns in which jobs that are enqueued together differ."""
SHARED = (
    "backend_alias",
    "queue_name",
    "priority",
    "status",
    "task_path",
    "enqueued_at",
    "on_crash",
    "attempts",
    "lost",
)

INSERT = "INSERT INTO dj_queue_job ({columns}) VALUES "
NO_KEY = "NULL,NULL,NULL,NULL,NULL"

type Quote = Callable[[str], str]


def insert(alias: str, jobs: Sequence[NewJob]) -> None:
    """One INSERT; more only where the jobs together are large."""
    is_plain = all(job.concurrency is None and job.run_after is None for job in jobs)
    start = INSERT.format(columns=", ".join(OWN + SHARED if is_plain else OWN + SHARED + RARE_COLUMNS))
    spell = _shared if is_plain else _shared_and_more
    with connections[alias].cursor() as cursor:
        rows = _rows(jobs, quoting(alias), spell)
        for piece in in_pieces(alias, rows, lambda number: _name(jobs[number])):
            cursor.execute(start + ",".join(piece))


def _rows(jobs: Sequence[NewJob], quote: Quote, spell: Callable[[NewJob, Quote], str]) -> Iterator[str]:
    """The rows as they stand in the statement. What many jobs share is spelt once."""
    shared: dict[tuple[object, ...], str] = {}
    quoted_kwargs = cache(quote)
    for job in jobs:
        kind = (*job[1:5], *job[7:])
        end = shared.get(kind)
        if end is None:
            end = shared[kind] = spell(job, quote)
        yield f"('{id_out(job.id)}',{quote(job.args_json)},{quoted_kwargs(job.kwargs_json)},{end})"


def _shared(job: NewJob, quote: Quote) -> str:
    return (
        f"{quote(job.backend_alias)},{quote(job.queue_name)},{job.priority},'{job.status.value}',"
        f"{quote(job.task_path)},'{moment_out(job.enqueued_at)}',{quote(job.on_crash)},0,0"
    )


def _shared_and_more(job: NewJob, quote: Quote) -> str:
    due = "NULL" if job.run_after is None else f"'{moment_out(job.run_after)}'"
    return f"{_shared(job, quote)},{due},{_key(job, quote)}"


def _key(job: NewJob, quote: Quote) -> str:
    key = job.concurrency
    if key is None:
        return NO_KEY
    return f"{quote(key.key)},{quote(key.key_hash)},{key.limit},{key.duration!r},{quote(key.on_conflict)}"


def _name(job: NewJob) -> str:
    return f"job {job.id} of {job.task_path} with its arguments"
