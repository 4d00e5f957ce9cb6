"""What an operator should change about an SQLite database that carries a queue."""

from collections.abc import Iterator
from typing import Any

from django.db import connections

from dj_queue.contract import CheckMessage
from dj_queue_sqlite.connection import raw

LEAST_BUSY_TIMEOUT = 5000
OPTIONS = (
    'OPTIONS = {"timeout": 20, "transaction_mode": "IMMEDIATE", '
    '"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"}'
)


def advise(alias: str) -> Iterator[CheckMessage]:
    """Look at the open database's settings."""
    where = f"DATABASES[{alias!r}]"
    wrapper: Any = connections[alias]
    with raw(alias) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        (timeout,) = connection.execute("PRAGMA busy_timeout").fetchone()
    if journal not in ("wal", "memory"):
        text = f"{where} is in journal mode {journal!r}: readers and the writer block each other"
        yield CheckMessage("warning", text, f"Use WAL: {OPTIONS}", "dj_queue_sqlite.W001")
    if timeout < LEAST_BUSY_TIMEOUT:
        text = f"{where} waits {timeout} ms for a lock; a busy queue needs at least {LEAST_BUSY_TIMEOUT} ms"
        yield CheckMessage("warning", text, f"Raise the timeout: {OPTIONS}", "dj_queue_sqlite.W002")
    if wrapper.transaction_mode != "IMMEDIATE":
        text = f"{where} begins transactions deferred: one that reads before it writes can fail at once as locked"
        yield CheckMessage("warning", text, f"Begin them IMMEDIATE: {OPTIONS}", "dj_queue_sqlite.W003")
    if wrapper.is_in_memory_db():
        text = f"{where} is in memory: other processes cannot see its jobs"
        yield CheckMessage("error", text, "Use a file.", "dj_queue_sqlite.E001")
