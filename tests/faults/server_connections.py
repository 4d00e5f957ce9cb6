"""Connections as a database server sees them: which there are, which is one's own, and the end of one."""

import random
from contextlib import suppress

from django.db import DatabaseError, connections

STATEMENTS = {
    "postgresql": (
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'",
        "SELECT pg_backend_pid()",
        "SELECT pg_terminate_backend({0})",
    ),
    "mysql": (
        "SELECT id FROM information_schema.processlist WHERE db = database()",
        "SELECT connection_id()",
        "KILL {0}",
    ),
}
"""By vendor: every connection to the database, one's own, and the end of one."""


def own_connection(database_alias):
    """The server's number for this thread's connection; 0 where there is no server."""
    connection = connections[database_alias]
    if connection.vendor not in STATEMENTS:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS[connection.vendor][1])
        return cursor.fetchone()[0]


def end_a_connection(database_alias, spared):
    """End one that is neither this thread's nor spared; returns how many were ended."""
    connection = connections[database_alias]
    if connection.vendor not in STATEMENTS:
        return 0
    find, _own, end = STATEMENTS[connection.vendor]
    spared = {*spared, own_connection(database_alias)}
    with connection.cursor() as cursor, suppress(DatabaseError):
        cursor.execute(find)
        if found := sorted({row[0] for row in cursor.fetchall()} - spared):
            cursor.execute(end.format(random.choice(found)))
            return 1
    return 0
