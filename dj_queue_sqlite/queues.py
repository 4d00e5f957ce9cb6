"""Which queues have jobs on SQLite: one index probe for each."""

from dj_queue.contract import Status
from dj_queue_sqlite.connection import raw

# A status that is a constant has a partial index.
PROBES = """
WITH RECURSIVE queue (name) AS (
    SELECT min(queue_name) FROM dj_queue_job WHERE status = '{status}' AND backend_alias = :alias
    UNION ALL
    SELECT (SELECT min(queue_name) FROM dj_queue_job
            WHERE status = '{status}' AND backend_alias = :alias AND queue_name > queue.name)
    FROM queue WHERE queue.name IS NOT NULL
)
SELECT name FROM queue WHERE name IS NOT NULL
"""

# Claimed jobs are as many as all workers hold.
CLAIMED = """
SELECT DISTINCT queue_name FROM dj_queue_job WHERE status = 'claimed' AND backend_alias = :alias
"""


def queue_names(alias: str, backend_alias: str, status: Status) -> list[str]:
    """The queues that have jobs of this unfinished status."""
    sql = CLAIMED if status is Status.CLAIMED else PROBES.format(status=status.value)
    with raw(alias) as connection:
        rows = connection.execute(sql, {"alias": backend_alias}).fetchall()
    return [name for (name,) in rows]
