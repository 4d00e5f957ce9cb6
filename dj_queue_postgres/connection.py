"""The raw psycopg connection under Django's, and how its columns spell Python's values."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any
from weakref import WeakSet
from zoneinfo import ZoneInfo

import psycopg
from django.db import connections

# One plan for each statement, made once: every one of them means an index, on an empty table too. A plan that
# is kept must not follow the size the table had that day, and none of them is worth compiling.
SETTLE = """
SELECT set_config('plan_cache_mode', 'force_generic_plan', false),
    set_config('enable_seqscan', 'off', false), set_config('jit', 'off', false)
"""

ONLY_ON_DEMAND = 2**31
"""Times that a statement is executed before psycopg prepares it unasked."""

_settled = WeakSet[Any]()
"""The psycopg connections whose sessions are for our statements alone, and keep all of them prepared."""


class PreparedCursor(psycopg.Cursor[Any]):
    """Has the server keep each statement and its plan: planning takes longer than most of them run."""

    def execute(
        self, query: Any, params: Any = None, *, prepare: bool | None = True, binary: bool | None = None
    ) -> Any:
        """As psycopg's, but prepared at once."""
        return super().execute(query, params, prepare=prepare, binary=binary)


def settle(alias: str) -> None:
    """Set this thread's session up for our statements alone; not where others may get the same session."""
    connection = _connected(alias)
    if connection.settings_dict["OPTIONS"].get("pool"):
        return
    with connection.cursor() as plain:
        plain.execute("SELECT pg_backend_pid()")
        if learn_session(alias, *plain.fetchone()):
            plain.execute(SETTLE)
            _settled.add(connection.connection)


def may_prepare(alias: str) -> bool:
    """Whether the server may keep statements for this thread's connection, as far as is known."""
    return _connected(alias).connection.prepare_threshold is not None


def learn_session(alias: str, pid: int) -> bool:
    """Whether `pg_backend_pid()`, asked just now, shows that this connection has a session of its own.

    If so, statements may be prepared from now on: None, Django's default, forbids it also to who asks for it.
    """
    connection = _connected(alias).connection
    # A pooler in between gives its clients process numbers of its own.
    is_own: bool = pid == connection.info.backend_pid
    if is_own and connection.prepare_threshold is None:
        connection.prepare_threshold = ONLY_ON_DEMAND
    return is_own


def cursor(alias: str) -> AbstractContextManager[Any]:
    """A cursor that binds on the server, in Django's wrapper: its errors, its log, its instrumentation.

    Arrays of a thousand values travel as they are; Django's own cursors write them into the statement.
    """
    connection = _connected(alias)
    kind = PreparedCursor if connection.connection in _settled else psycopg.Cursor
    return _wrapped(connection, kind)


def preparing_cursor(alias: str) -> AbstractContextManager[Any]:
    """A cursor whose statements the server keeps; for connections that have their own session."""
    return _wrapped(_connected(alias), PreparedCursor)


def planning_cursor(alias: str) -> AbstractContextManager[Any]:
    """A cursor that binds on this side, so that the server plans for these very values: their number above all."""
    return _wrapped(_connected(alias), psycopg.ClientCursor)


def _connected(alias: str) -> Any:
    connection = connections[alias]
    connection.ensure_connection()
    return connection


@contextmanager
def _wrapped(connection: Any, kind: type[psycopg.Cursor[Any]]) -> Iterator[Any]:
    raw = kind(connection.connection)
    with connection.wrap_database_errors, connection._prepare_cursor(raw) as wrapped:  # noqa: SLF001 - as cursor() does
        yield wrapped


def moment_in(value: datetime | None, zone: str) -> datetime | None:
    """The moment of a stored value; Django's loader leaves the session's zone out where USE_TZ is off."""
    if value is None or value.tzinfo is not None:
        return value
    return value.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
