"""This thread's database connections between jobs: checked and reset, not reopened."""

import time
from typing import Any

from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper


def reset_after_task() -> None:
    """Leave no trace of a task on this thread's connections: open transactions end, broken ones are closed.

    Connections of healthy tasks stay open, also where CONN_MAX_AGE is 0: that setting is about requests.
    """
    connection: Any
    for connection in connections.all(initialized_only=True):
        if connection.connection is None:
            continue
        if _is_unclean(connection) or _is_too_old(connection):
            _close(connection)
        elif connection.health_check_done:
            connection.health_check_enabled = connection.settings_dict["CONN_HEALTH_CHECKS"]
            connection.health_check_done = False


def distrust() -> None:
    """Have each connection of this thread looked at before its next use: its server may be gone since the last."""
    connection: Any
    for connection in connections.all(initialized_only=True):
        connection.health_check_enabled = True
        connection.health_check_done = False


def is_in_transaction() -> bool:
    """Whether this thread is inside `atomic()` on any database."""
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))


def close_all() -> None:
    """Close this thread's connections, whatever state they are in."""
    for connection in connections.all(initialized_only=True):
        _close(connection)


def close_before_fork() -> None:
    """Close this thread's connections and the process's pools: their threads and sockets must not cross a fork."""
    close_all()
    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()


def _is_unclean(connection: BaseDatabaseWrapper) -> bool:
    if connection.in_atomic_block or connection.needs_rollback or connection.closed_in_transaction:
        return True
    try:
        if connection.get_autocommit() != connection.settings_dict["AUTOCOMMIT"]:
            return True
    except DatabaseError:
        return True
    # A server that answers may still refuse all work, such as one that a failover made read-only.
    return connection.errors_occurred


def _is_too_old(connection: BaseDatabaseWrapper) -> bool:
    max_age = connection.settings_dict["CONN_MAX_AGE"]
    return bool(max_age) and connection.close_at is not None and time.monotonic() >= connection.close_at


def _close(connection: BaseDatabaseWrapper) -> None:
    # A connection inside atomic(), or closed there, refuses to close; the task that opened the block is gone.
    connection.in_atomic_block = False
    connection.closed_in_transaction = False
    connection.savepoint_ids = []
    connection.needs_rollback = False
    connection.run_on_commit = []
    try:
        connection.close()
    except Exception:
        # Drivers refuse to close what is closed, each with an error of its own.
        connection.connection = None
