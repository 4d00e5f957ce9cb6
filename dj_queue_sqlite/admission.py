"""Letting blocked jobs in on SQLite: the write lock is held, and stands for the lock on each key."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from dj_queue.contract import NOTHING_ADMITTED, Admitted
from dj_queue.portable.admission import LONGEST_WAIT
from dj_queue.portable.values import moment_out
from dj_queue_sqlite.connection import raw

USE_NOTED_EVERY = timedelta(minutes=1)

USE = """
INSERT INTO dj_queue_semaphore (key_hash, key, "limit", used_at)
SELECT value, '', 0, :now FROM json_each(:keys) WHERE true
ON CONFLICT (key_hash) DO UPDATE SET used_at = excluded.used_at WHERE used_at < :stale
"""

# For each key that jobs wait for, who waits behind all others: the last of those never admitted before, else of
# those whose slot ran out. Its limit is the newest, and holds.
LINES = """
SELECT last.concurrency_hash, last.concurrency_key, coalesce(nullif(last.concurrency_limit, 0), 1),
    (SELECT count(*) FROM dj_queue_job
     WHERE concurrency_hash = last.concurrency_hash AND status IN ('ready', 'claimed'))
FROM json_each(:keys) AS asked CROSS JOIN dj_queue_job AS last ON last.id = coalesce(
    (SELECT id FROM dj_queue_job
     WHERE concurrency_hash = asked.value AND status = 'blocked' AND slot_until IS NULL
     ORDER BY priority, id DESC LIMIT 1),
    (SELECT id FROM dj_queue_job WHERE concurrency_hash = asked.value AND status = 'blocked'
     ORDER BY slot_until DESC LIMIT 1))
"""

NAME = """
UPDATE dj_queue_semaphore SET key = ?1, "limit" = ?2 WHERE key_hash = ?3 AND (key, "limit") IS NOT (?1, ?2)
"""

# Those never admitted before have no `slot_until`: in the index they come first.
ENTERING = """
SELECT id, queue_name, concurrency_duration FROM dj_queue_job
WHERE concurrency_hash = ? AND status = 'blocked'
ORDER BY slot_until, priority DESC, id LIMIT ?
"""

ENTER = """
UPDATE dj_queue_job SET status = 'ready', slot_until = ? WHERE id = ?
"""

DISCARD = """
UPDATE dj_queue_job SET status = 'discarded', finished_at = :now
WHERE id IN (
    SELECT job.id FROM json_each(:keys) AS asked CROSS JOIN dj_queue_job AS job
    WHERE job.concurrency_hash = asked.value AND job.status = 'blocked' AND unlikely(job.on_conflict = 'discard')
      AND job.attempts = 0)
RETURNING id
"""


def admit(alias: str, key_hashes: Sequence[str]) -> Admitted:
    """Let blocked jobs of these keys in as far as slots are free."""
    keys, now = json.dumps(sorted(set(key_hashes))), datetime.now(UTC)
    facts = {"keys": keys, "now": moment_out(now), "stale": moment_out(now - USE_NOTED_EVERY)}
    with raw(alias) as connection:
        connection.execute(USE, facts)
        lines = connection.execute(LINES, facts).fetchall()
        if not lines:
            return NOTHING_ADMITTED
        connection.executemany(NAME, [(key, limit, key_hash) for key_hash, key, limit, _taken in lines])
        entering = [
            job
            for key_hash, _key, limit, taken in lines
            if taken < limit
            for job in connection.execute(ENTERING, (key_hash, limit - taken))
        ]
        connection.executemany(
            ENTER, [(_slot_until(now, duration), job_id) for job_id, _queue, duration in entering]
        )
        discarded = connection.execute(DISCARD, facts).fetchall()
    return Admitted(
        len(entering),
        frozenset(queue for _id, queue, _duration in entering),
        frozenset(UUID(job_id) for (job_id,) in discarded),
    )


def _slot_until(now: datetime, duration: float | None) -> str:
    wait = min(max(0.0, duration or 0.0), LONGEST_WAIT)
    return moment_out(now + timedelta(seconds=wait))
