"""The statements that claim: of one queue, of many, and of lanes whose front is known to be dead."""

from dj_queue.contract import MOST_ATTEMPTS
from dj_queue.portable.rows import CLAIM_COLUMNS

LEAST_SHOWN = 8
"""Jobs that each of many queues shows at least: one queue may have all the best."""

READY = "status = 'ready' AND backend_alias = %(alias)s AND queue_name"
PAUSED = "EXISTS (SELECT FROM dj_queue_pause WHERE backend_alias = %(alias)s AND queue_name = {name})"
FIRST = "ORDER BY queue_name, priority DESC, id LIMIT 1"

# The ids as an array: whatever the planner believes of the table, it finds so few rows by their key.
CLAIM = f"""
UPDATE dj_queue_job
SET status = 'claimed', process_id = %(process)s, attempts = least(attempts, {MOST_ATTEMPTS - 1}) + 1,
    claimed_at = statement_timestamp(), last_attempted_at = NULL
WHERE id = ANY (ARRAY(SELECT id FROM taken))
RETURNING {", ".join(CLAIM_COLUMNS)}
"""  # noqa: S608 - the columns are this package's constants

# One queue: the front of its index.
CLAIM_ONE_QUEUE = f"""
WITH taken AS (
    SELECT id FROM dj_queue_job
    WHERE {READY} = %(queue)s AND NOT {PAUSED.format(name="%(queue)s")}
    ORDER BY priority DESC, id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED)
{CLAIM}
"""  # noqa: S608 - the parts are this module's constants

# The same where it is the only one with ready jobs: of all queues it then has the first ones.
CLAIM_ONLY_QUEUE = f"""
WITH taken AS (
    SELECT id FROM dj_queue_job
    WHERE {READY} = %(queue)s AND NOT {PAUSED.format(name="%(queue)s")}
      AND (SELECT id FROM dj_queue_job WHERE {READY} < %(queue)s {FIRST}) IS NULL
      AND (SELECT id FROM dj_queue_job WHERE {READY} > %(queue)s {FIRST}) IS NULL
    ORDER BY priority DESC, id LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED)
{CLAIM}
"""  # noqa: S608 - the parts are this module's constants

# The first job of each selected queue that is not paused. A prefix finds its queues by one index probe each.
QUEUES = f"""
WITH RECURSIVE asked AS MATERIALIZED (
    SELECT * FROM unnest(%(names)s::text[], %(prefixes)s::bool[]) WITH ORDINALITY AS asked (name, is_prefix, rank)
), found AS (
    SELECT asked.rank, asked.name AS asked, asked.is_prefix, first.* FROM asked CROSS JOIN LATERAL (
        SELECT queue_name AS name, priority, id FROM dj_queue_job
        WHERE {READY} >= asked.name {FIRST}) AS first
    WHERE first.name = asked.name OR asked.is_prefix AND starts_with(first.name, asked.name)
    UNION ALL
    SELECT found.rank, found.asked, true, first.* FROM found CROSS JOIN LATERAL (
        SELECT queue_name AS name, priority, id FROM dj_queue_job
        WHERE {READY} > found.name {FIRST}) AS first
    WHERE found.is_prefix AND starts_with(first.name, found.asked)
), first AS MATERIALIZED (
    SELECT DISTINCT ON (name) name, rank, priority, id FROM found
    WHERE NOT {PAUSED.format(name="found.name")}
    ORDER BY name, rank
)"""  # noqa: S608 - the parts are this module's constants
OF_QUEUE = f"{READY} = line.name"

# The first job of each lane, a queue's jobs of one priority, that lies behind the lane's floor.
LANES = f"""
WITH first AS MATERIALIZED (
    SELECT lane.name, lane.rank, lane.priority, lane.floor, job.id
    FROM unnest(%(names)s::text[], %(ranks)s::int[], %(priorities)s::int[], %(floors)s::uuid[])
      AS lane (name, rank, priority, floor)
    CROSS JOIN LATERAL (
        SELECT id FROM dj_queue_job
        WHERE {READY} = lane.name AND priority = lane.priority AND id >= lane.floor
        ORDER BY priority DESC, id LIMIT 1) AS job
    WHERE NOT {PAUSED.format(name="lane.name")}
)"""  # noqa: S608 - the parts are this module's constants
OF_LANE = f"{READY} = line.name AND priority = line.priority AND id >= line.id"


def _merged(firsts: str, waiting: str) -> str:
    """Claim the best jobs of many lines, given the first of each and what waits in one.

    A line whose first job comes behind as many others as are looked for has none of the best. The rest show their
    first few; what stands before the last one shown of any line that may have more is surely in order. Of each
    line as many jobs are then locked as it has among the best: others may hold some, and look for more than
    they want for that. There is always a row, which says whether there may be more, and how many were found.
    """
    return f"""{firsts}, line AS MATERIALIZED (
    SELECT row_number() OVER () AS number, best.*
    FROM (SELECT * FROM first ORDER BY rank, priority DESC, id LIMIT %(reach)s) AS best
), depth AS MATERIALIZED (
    SELECT least(2 * %(reach)s, greatest({LEAST_SHOWN}, 2 * %(reach)s / greatest(count(*), 1))) AS shown FROM line
), shown AS MATERIALIZED (
    SELECT line.number, line.rank, -job.priority AS late, job.id, job.place
    FROM line CROSS JOIN LATERAL (
        SELECT id, priority, row_number() OVER () AS place FROM (
            SELECT id, priority FROM dj_queue_job WHERE {waiting} ORDER BY priority DESC, id LIMIT 2 * %(reach)s
        ) AS most LIMIT (SELECT shown FROM depth)) AS job
), edge AS MATERIALIZED (
    SELECT rank, late, id FROM shown WHERE place = (SELECT shown FROM depth) ORDER BY rank, late, id LIMIT 1
), best AS MATERIALIZED (
    SELECT number FROM shown
    WHERE NOT EXISTS (SELECT FROM edge)
       OR (rank, late, id) <= ((SELECT rank FROM edge), (SELECT late FROM edge), (SELECT id FROM edge))
    ORDER BY rank, late, id LIMIT %(reach)s
), taken AS (
    SELECT job.id
    FROM (SELECT number, count(*) AS share FROM best GROUP BY number) AS wanted
    JOIN line USING (number)
    CROSS JOIN LATERAL (
        SELECT id, priority FROM (
            SELECT id, priority FROM dj_queue_job WHERE {waiting} ORDER BY priority DESC, id LIMIT %(reach)s
            FOR UPDATE SKIP LOCKED
        ) AS most LIMIT wanted.share) AS job
    ORDER BY line.rank, job.priority DESC, job.id LIMIT %(limit)s
), claimed AS (
{CLAIM}
)
SELECT claimed.*, told.*
FROM (SELECT (SELECT count(*) FROM best) AS found, EXISTS (SELECT FROM edge) AS has_more) AS told
LEFT JOIN claimed ON true
"""  # noqa: S608 - the parts are this module's constants


CLAIM_QUEUES = _merged(QUEUES, OF_QUEUE)
CLAIM_LANES = _merged(LANES, OF_LANE)

# The lanes of the newest jobs, by their key: that index has live entries at its end whatever was claimed.
NEW_LANES = """
SELECT DISTINCT queue_name, priority
FROM (SELECT queue_name, priority, status, backend_alias FROM dj_queue_job
      WHERE id >= %(since)s ORDER BY id DESC LIMIT %(most)s) AS newest
WHERE status = 'ready' AND backend_alias = %(alias)s
"""
