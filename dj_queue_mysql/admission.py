"""Letting blocked jobs in on MySQL: a few statements for all keys, under a lock on the row of each."""

from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections

from dj_queue.contract import NOTHING_ADMITTED, Admitted
from dj_queue.portable.admission import LONGEST_WAIT

AT_ONCE = 50
"""Keys that one statement looks at."""

# Locks the rows of all keys in sorted order, also those that it leaves as they are: a row is written once a minute
# at most, however often its key is used.
LOCK = """
INSERT INTO dj_queue_semaphore (key_hash, `key`, `limit`, used_at) VALUES {rows}
ON DUPLICATE KEY UPDATE used_at = IF(used_at < UTC_TIMESTAMP(6) - INTERVAL 1 MINUTE, UTC_TIMESTAMP(6), used_at)
"""

BLOCKED = "dj_queue_job FORCE INDEX (djqueue_my_key) WHERE status = 'blocked' AND concurrency_hash = %(key)s"

# Who waits behind all others: the last of those never admitted before, else of those whose slot ran out. Its limit
# is the newest, and holds.
LINE = f"""
(SELECT %(key)s, last.concurrency_key, COALESCE(NULLIF(last.concurrency_limit, 0), 1),
   (SELECT COUNT(*) FROM dj_queue_job FORCE INDEX (djqueue_my_key)
    WHERE status IN ('ready', 'claimed') AND concurrency_hash = %(key)s),
   (SELECT `key` FROM dj_queue_semaphore WHERE key_hash = %(key)s),
   (SELECT `limit` FROM dj_queue_semaphore WHERE key_hash = %(key)s)
 FROM dj_queue_job AS last FORCE INDEX (PRIMARY) WHERE last.id = COALESCE(
   (SELECT id FROM {BLOCKED} AND slot_until IS NULL ORDER BY priority, id DESC LIMIT 1),
   (SELECT id FROM {BLOCKED} ORDER BY slot_until DESC, priority, id DESC LIMIT 1)))
"""  # noqa: S608 - the parts are constants

NAME = "UPDATE dj_queue_semaphore SET `key` = %s, `limit` = %s WHERE key_hash = %s"

# Those never admitted before have no `slot_until`: in the index they come first.
ENTERING = f"(SELECT id, queue_name FROM {BLOCKED} ORDER BY slot_until, priority DESC, id LIMIT %(room)s)"  # noqa: S608 - as above

ENTER = f"""
UPDATE dj_queue_job FORCE INDEX (PRIMARY)
SET status = 'ready', slot_until = UTC_TIMESTAMP(6) + INTERVAL
    CAST(LEAST(GREATEST(0, COALESCE(concurrency_duration, 0)), {LONGEST_WAIT:.0f}) * 1000000 AS SIGNED) MICROSECOND
WHERE id IN ({{ids}}) AND status = 'blocked'
"""  # noqa: S608 - the number is a constant

DISCARDING = """
SELECT id FROM dj_queue_job FORCE INDEX (djqueue_my_discarding) WHERE discarding_hash IN ({ids}) AND attempts = 0
"""
DISCARD = """
UPDATE dj_queue_job FORCE INDEX (PRIMARY) SET status = 'discarded', finished_at = UTC_TIMESTAMP(6)
WHERE id IN ({ids}) AND status = 'blocked'
"""


class Line(NamedTuple):
    """The jobs that wait for one key, and what the key's row says of it."""

    key_hash: str
    key: str
    limit: int
    taken: int
    known_key: str
    known_limit: int

    @property
    def room(self) -> int:
        """How many jobs may enter."""
        return max(0, self.limit - self.taken)


def admit(alias: str, key_hashes: Sequence[str]) -> Admitted:
    """Let blocked jobs of these keys in as far as slots are free."""
    keys = sorted(set(key_hashes))
    if not keys:
        return NOTHING_ADMITTED
    with connections[alias].cursor() as cursor:
        rows = ",".join(["(%s,'',0,UTC_TIMESTAMP(6))"] * len(keys))
        cursor.execute(LOCK.format(rows=rows), keys)
        lines = [Line(*row) for row in _union(cursor, LINE, [{"key": key} for key in keys])]
        if not lines:
            return NOTHING_ADMITTED
        for line in lines:
            if (line.key, line.limit) != (line.known_key, line.known_limit):
                cursor.execute(NAME, [line.key, line.limit, line.key_hash])
        free = [{"key": line.key_hash, "room": line.room} for line in lines if line.room]
        entering = list(_union(cursor, ENTERING, free))
        count = _by_ids(cursor, ENTER, [job_id for job_id, _queue in entering])
        _by_ids(cursor, DISCARDING, [line.key_hash for line in lines])
        discarded = [row[0] for row in cursor.fetchall()]
        _by_ids(cursor, DISCARD, discarded)
    queues = frozenset(queue for _id, queue in entering)
    return Admitted(count, queues, frozenset(UUID(job_id) for job_id in discarded))


def _union(cursor: Any, part: str, facts: Sequence[dict[str, Any]]) -> Iterator[Sequence[Any]]:
    """The rows of the part with each of these facts."""
    for some in batched(facts, AT_ONCE):
        numbered = [
            part.replace("%(key)s", f"%(key{number})s").replace("%(room)s", f"%(room{number})s")
            for number in range(len(some))
        ]
        values = {
            f"{name}{number}": value for number, fact in enumerate(some) for name, value in fact.items()
        }
        cursor.execute("UNION ALL".join(numbered), values)
        yield from cursor.fetchall()


def _by_ids(cursor: Any, sql: str, ids: Sequence[str]) -> int:
    """Run the statement on these ids, if there are any; how many rows it matched."""
    if not ids:
        return 0
    cursor.execute(sql.format(ids=",".join(["%s"] * len(ids))), ids)
    return int(cursor.rowcount)
