"""Since when the oldest InnoDB transaction has kept old row versions from being purged."""

from django.db import DatabaseError, connections

from dj_queue.contract import OldestReader

# `trx_started` is a moment on the server's clock in its own zone, whatever zone the session has.
OLDEST = """
SELECT trx_mysql_thread_id, LOWER(trx_state),
    TIMESTAMPDIFF(MICROSECOND, CONVERT_TZ(trx_started, 'SYSTEM', '+00:00'), UTC_TIMESTAMP(6)) / 1000000
FROM information_schema.innodb_trx WHERE trx_mysql_thread_id <> CONNECTION_ID()
ORDER BY trx_started LIMIT 1
"""
NOT_ALLOWED = 1227
"""The privilege PROCESS is missing."""


def oldest_reader(alias: str) -> OldestReader | None:
    """The oldest transaction of other sessions; None also where this account may not see them."""
    try:
        with connections[alias].cursor() as cursor:
            cursor.execute(OLDEST)
            row = cursor.fetchone()
    except DatabaseError as error:
        if error.args and error.args[0] == NOT_ALLOWED:
            return None
        raise
    if row is None or row[2] is None:
        return None
    return OldestReader(f"transaction of connection {row[0]} ({row[1]})", max(0.0, float(row[2])))
