"""Letting blocked jobs in on PostgreSQL: one statement locks all keys, another admits under all of them."""

from collections.abc import Sequence
from uuid import UUID

from dj_queue.contract import NOTHING_ADMITTED, Admitted
from dj_queue.portable.admission import LONGEST_WAIT
from dj_queue_postgres.connection import cursor

# Locks the rows of all keys in sorted order, also those that it leaves as they are: a row is written once a
# minute at most, however often its key is used.
LOCK = """
INSERT INTO dj_queue_semaphore (key_hash, key, "limit", used_at)
SELECT key_hash, '', 0, statement_timestamp() FROM unnest(%s::text[]) AS asked (key_hash) ORDER BY key_hash
ON CONFLICT (key_hash) DO UPDATE SET used_at = excluded.used_at
WHERE dj_queue_semaphore.used_at < excluded.used_at - interval '1 minute'
"""

# Its snapshot is taken when all locks are held, so it sees what every earlier holder committed.
# `line` has the limit of who waits behind all others: the last of those never admitted before, else of those
# whose slot ran out. That is the end of the index, where the first kind, which has no `slot_until`, stands.
# The status of rows found by key is no constant: the planner would like to read all that are blocked as well.
ADMIT = """
WITH line AS MATERIALIZED (
    SELECT asked.key_hash, last.*,
        greatest(0, last.max - (
            SELECT count(*) FROM dj_queue_job
            WHERE concurrency_hash = asked.key_hash AND status IN ('ready', 'claimed'))) AS room
    FROM unnest(%(keys)s::text[]) AS asked (key_hash)
    CROSS JOIN LATERAL (
        SELECT concurrency_key AS key, coalesce(nullif(concurrency_limit, 0), 1) AS max FROM dj_queue_job
        WHERE concurrency_hash = asked.key_hash AND status = 'blocked'
        ORDER BY slot_until DESC NULLS FIRST, priority, id DESC LIMIT 1) AS last
), entering AS MATERIALIZED (
    SELECT job.id FROM line CROSS JOIN LATERAL (
        (SELECT id FROM dj_queue_job
         WHERE concurrency_hash = line.key_hash AND status = 'blocked' AND slot_until IS NULL
         ORDER BY slot_until, priority DESC, id LIMIT line.room)
        UNION ALL
        (SELECT id FROM dj_queue_job
         WHERE concurrency_hash = line.key_hash AND status = 'blocked' AND slot_until IS NOT NULL
         ORDER BY slot_until, priority DESC, id LIMIT line.room)
        LIMIT line.room) AS job
), named AS (
    UPDATE dj_queue_semaphore AS semaphore SET key = line.key, "limit" = line.max
    FROM line WHERE semaphore.key_hash = line.key_hash
      AND (semaphore.key, semaphore.limit) IS DISTINCT FROM (line.key, line.max)
), admitted AS (
    UPDATE dj_queue_job SET status = 'ready', slot_until = statement_timestamp()
        + least(greatest(0, coalesce(concurrency_duration, 0)), %(longest)s) * interval '1 second'
    WHERE id = ANY (ARRAY(SELECT id FROM entering)) AND status = (SELECT 'blocked')
    RETURNING queue_name, NULL::uuid
), discarded AS (
    UPDATE dj_queue_job SET status = 'discarded', finished_at = statement_timestamp()
    WHERE id = ANY (ARRAY(
        SELECT job.id FROM line CROSS JOIN LATERAL (
            SELECT id FROM dj_queue_job
            WHERE concurrency_hash = line.key_hash AND status = 'blocked' AND on_conflict = 'discard'
              AND attempts = 0 AND id NOT IN (SELECT id FROM entering)) AS job)) AND status = (SELECT 'blocked')
    RETURNING NULL, id
)
SELECT * FROM admitted UNION ALL SELECT * FROM discarded
"""


def admit(alias: str, key_hashes: Sequence[str]) -> Admitted:
    """Let blocked jobs of these keys in as far as slots are free."""
    keys = sorted(set(key_hashes))
    if not keys:
        return NOTHING_ADMITTED
    with cursor(alias) as raw:
        raw.execute(LOCK, (keys,))
        rows: list[tuple[str | None, UUID | None]] = raw.execute(
            ADMIT, {"keys": keys, "longest": LONGEST_WAIT}
        ).fetchall()
    queues = [queue for queue, _id in rows if queue is not None]
    return Admitted(
        len(queues), frozenset(queues), frozenset(job_id for _queue, job_id in rows if job_id is not None)
    )
