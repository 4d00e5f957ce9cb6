"""How far back the oldest transaction reaches that may still see what has changed since."""

from dj_queue.contract import OldestReader
from dj_queue_postgres.connection import cursor

LONG = 100
"""Transactions that may have written since, from which on what is dead piles up."""

# Autovacuum's own transactions keep nothing, those of other databases keep nothing of ours; replicas are of no database.
OLDEST = """
SELECT coalesce(max(age(xmin)), 0)
FROM (SELECT backend_xmin FROM pg_stat_activity
      WHERE backend_type <> 'autovacuum worker' AND coalesce(datname, current_database()) = current_database()
      UNION ALL SELECT xmin FROM pg_replication_slots
      UNION ALL SELECT transaction FROM pg_prepared_xacts WHERE database = current_database()) AS held (xmin)
"""

# Each with the moment since which it holds. A slot has one where the server keeps it: the commit time of
# its transaction, or, from version 17 on, when its reader went away. Columns of other roles' sessions are NULL
# without pg_read_all_stats.
SINCE = """
SELECT holder, extract(epoch FROM clock_timestamp() - since)::float8
FROM (SELECT format('session %%s of %%s (%%s, %%s)', pid, usename, coalesce(nullif(application_name, ''), 'unnamed'), state),
             xact_start
      FROM pg_stat_activity
      WHERE (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL) AND backend_type <> 'autovacuum worker'
        AND datname = current_database() AND pid <> pg_backend_pid()
      UNION ALL
      SELECT format('prepared transaction %%s of %%s', gid, owner), prepared
      FROM pg_prepared_xacts WHERE database = current_database()
      UNION ALL
      SELECT format('replication slot %%s', slot_name),
             coalesce(CASE WHEN current_setting('track_commit_timestamp')::bool
                      THEN pg_xact_commit_timestamp(xmin) END,
                      (to_jsonb(slot) ->> 'inactive_since')::timestamptz)
      FROM pg_replication_slots AS slot WHERE xmin IS NOT NULL) AS held (holder, since)
WHERE since IS NOT NULL ORDER BY since LIMIT 1
"""


def oldest_reader(alias: str) -> OldestReader | None:
    """The session, prepared transaction or replication slot that has held old row versions for the longest time."""
    with cursor(alias) as raw:
        row = raw.execute(SINCE, ()).fetchone()
    return None if row is None else OldestReader(row[0], row[1])


def is_held_back(alias: str) -> bool:
    """Whether an old transaction, replica or replication slot keeps dead rows from being cleaned up."""
    with cursor(alias) as raw:
        (age,) = raw.execute(OLDEST).fetchone()
    return bool(age > LONG)
