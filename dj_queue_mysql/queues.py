"""Which queues have jobs: an index probe or two for each, whatever number of jobs they hold."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connections

from dj_queue.contract import Status
from dj_queue_mysql.features import runs_blocks

READY_INDEX = "djqueue_my_ready"


class First(NamedTuple):
    """The first job of a queue. They sort as jobs are claimed."""

    late: int
    job_id: str
    queue: str


# Where servers skip from each name to the next one, in an index whose first columns are named as well.
NAMES = f"""
SELECT queue_name FROM dj_queue_job FORCE INDEX ({READY_INDEX})
WHERE status = %(status)s AND backend_alias = %(alias)s AND queue_name LIKE %(like)s
GROUP BY status, backend_alias, queue_name
"""  # noqa: S608 - the index is a constant

# The whole order of the index is spelt: by a part of it, each queue would be read and sorted.
FIRSTS = f"""
SELECT first.priority, first.id, ready.queue_name FROM ({NAMES}) AS ready
CROSS JOIN LATERAL (
    SELECT priority, id FROM dj_queue_job FORCE INDEX ({READY_INDEX})
    WHERE status = %(status)s AND backend_alias = %(alias)s AND queue_name = ready.queue_name
    ORDER BY status, backend_alias, queue_name, priority DESC, id LIMIT 1) AS first
"""  # noqa: S608 - the parts are constants

# Others do not skip where a column of the index is in descending order, but run loops. Only a plain SELECT reads
# without locks in a loop: a condition or an assignment that reads would wait for whoever writes there.
STEPS = f"""
BEGIN NOT ATOMIC
DECLARE reached, next_name VARCHAR(128) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
DECLARE next_id VARCHAR(36);
DECLARE next_priority INT;
DECLARE found LONGTEXT CHARACTER SET utf8mb4 DEFAULT '';
DECLARE CONTINUE HANDLER FOR NOT FOUND SET next_name = NULL;
SELECT queue_name, priority, id INTO next_name, next_priority, next_id
FROM dj_queue_job FORCE INDEX ({READY_INDEX})
WHERE status = %(status)s AND backend_alias = %(alias)s AND queue_name >= %(prefix)s
ORDER BY queue_name, priority DESC, id LIMIT 1;
WHILE next_name LIKE %(like)s DO
    SET reached = next_name;
    SET found = CONCAT(found, ',[', next_priority, ',"', next_id, '",', JSON_QUOTE(next_name), ']');
    SELECT queue_name, priority, id INTO next_name, next_priority, next_id
    FROM dj_queue_job FORCE INDEX ({READY_INDEX})
    WHERE status = %(status)s AND backend_alias = %(alias)s AND queue_name > reached
    ORDER BY queue_name, priority DESC, id LIMIT 1;
END WHILE;
SELECT CONCAT('[', SUBSTRING(found, 2), ']');
END
"""  # noqa: S608 - the index is a constant

WILDCARDS = str.maketrans({character: f"\\{character}" for character in "\\%_"})


def firsts(alias: str, backend_alias: str, prefix: str) -> list[First]:
    """The first job of each queue of this prefix that has ready ones; also of those that are paused."""
    sql = STEPS if runs_blocks(alias) else FIRSTS
    rows = _rows(alias, sql, backend_alias, Status.READY, prefix)
    return [First(-priority, job_id, name) for priority, job_id, name in rows]


def queue_names(alias: str, backend_alias: str, status: Status) -> list[str]:
    """The queues that have jobs of this unfinished status."""
    if runs_blocks(alias):
        return [row[2] for row in _rows(alias, STEPS, backend_alias, status, "")]
    return [name for (name,) in _rows(alias, NAMES, backend_alias, status, "")]


def _rows(alias: str, sql: str, backend_alias: str, status: Status, prefix: str) -> Sequence[tuple[Any, ...]]:
    like = f"{prefix.translate(WILDCARDS)}%"
    facts = {"alias": backend_alias, "status": status.value, "prefix": prefix, "like": like}
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, facts)
        rows: Sequence[tuple[Any, ...]] = cursor.fetchall()
    return [tuple(row) for row in json.loads(rows[0][0])] if sql is STEPS else rows
