"""Sessions of the runtime, and how MySQL's statements spell Python's values."""

import os
import socket
from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import connections

# Claims must not lock gaps. Who waits for a lock tries again rather than hold what it has. Each kind of server
# reads its own comment: MySQL can stop its SELECTs only, MariaDB any statement.
SESSION = (
    "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
    "SET SESSION innodb_lock_wait_timeout = 5, SESSION lock_wait_timeout = 30"
    " /*!80000 , SESSION max_execution_time = 30000 */ /*M!101100 , SESSION max_statement_time = 30 */",
)

LIFE_SIGNS = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 15000}
"""For the kernel to find a server dead within seconds; those that this system knows are set."""

_limits = WeakKeyDictionary[Any, int]()
"""What `LIMIT` said on each of the driver's connections."""
LIMIT = "SELECT @@max_allowed_packet"


def prepare(alias: str) -> None:
    """Set this thread's session up for the runtime."""
    with connections[alias].cursor() as cursor:
        for statement in SESSION:
            cursor.execute(statement)
    _show_life(connections[alias].connection.fileno())


def _show_life(descriptor: int) -> None:
    with socket.socket(fileno=os.dup(descriptor)) as peer:
        if peer.family not in (socket.AF_INET, socket.AF_INET6):
            return
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in LIFE_SIGNS.items():
            if hasattr(socket, name):
                peer.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def most_bytes(alias: str) -> int:
    """The longest statement that the server takes on this connection; asked once, and no other statement is sent."""
    raw = connections[alias].connection
    if raw not in _limits:
        with connections[alias].cursor() as cursor:
            cursor.execute(LIMIT)
            (_limits[raw],) = cursor.fetchone()
    return _limits[raw]


def quoting(alias: str) -> Callable[[str], str]:
    """What turns text into a literal of this connection."""
    connection = connections[alias]
    connection.ensure_connection()
    raw: Any = connection.connection
    return lambda text: raw.literal(text).decode(raw.encoding)


def ids_out(values: Iterable[UUID]) -> str:
    """A list of ids as it stands behind IN."""
    return "('" + "','".join([value.hex for value in values]) + "')"
