"""Which queues have jobs on PostgreSQL: one index probe for each."""

from dj_queue.contract import Status
from dj_queue_postgres.connection import cursor

# A status that is a constant has a partial index.
PROBES = """
WITH RECURSIVE queue (name) AS (
    (SELECT queue_name FROM dj_queue_job
     WHERE status = '{status}' AND backend_alias = %(alias)s ORDER BY queue_name LIMIT 1)
    UNION ALL
    SELECT (SELECT queue_name FROM dj_queue_job
            WHERE status = '{status}' AND backend_alias = %(alias)s AND queue_name > queue.name
            ORDER BY queue_name LIMIT 1)
    FROM queue WHERE queue.name IS NOT NULL
)
SELECT name FROM queue WHERE name IS NOT NULL
"""

# Claimed jobs are as many as all workers hold.
CLAIMED = """
SELECT DISTINCT queue_name FROM dj_queue_job WHERE status = 'claimed' AND backend_alias = %(alias)s
"""


def queue_names(alias: str, backend_alias: str, status: Status) -> list[str]:
    """The queues that have jobs of this unfinished status."""
    sql = CLAIMED if status is Status.CLAIMED else PROBES.format(status=status.value)
    with cursor(alias) as raw:
        rows = raw.execute(sql, {"alias": backend_alias}).fetchall()
    return [name for (name,) in rows]
