"""The raw connection under Django's."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections, transaction

IMMEDIATE = "IMMEDIATE"


@contextmanager
def raw(alias: str) -> Iterator[sqlite3.Connection]:
    """The open sqlite3 connection, its errors turned into Django's.

    The statements of this plugin use `?` and need none of the cursor wrapper's rewriting.
    """
    connection = connections[alias]
    connection.ensure_connection()
    with connection.wrap_database_errors:
        yield connection.connection


@contextmanager
def immediate(alias: str) -> Iterator[None]:
    """A transaction that takes the write lock at once, so that waiting for it obeys the busy timeout.

    A deferred transaction that reads before it writes fails at once when another has written meanwhile.
    """
    connection: Any = connections[alias]
    if connection.in_atomic_block:
        with transaction.atomic(using=alias):
            yield
        return
    connection.ensure_connection()
    usual, connection.transaction_mode = connection.transaction_mode, IMMEDIATE
    try:
        with transaction.atomic(using=alias):
            yield
    finally:
        connection.transaction_mode = usual


def file_number(alias: str) -> tuple[int, int] | str | None:
    """Device and inode of the database's file; `missing` without one, None for a database in memory."""
    connection: Any = connections[alias]
    name = str(connection.settings_dict["NAME"])
    if name.startswith("file:") or connection.is_in_memory_db():
        return None
    try:
        status = Path(name).stat()
    except FileNotFoundError:
        return "missing"
    return status.st_dev, status.st_ino
