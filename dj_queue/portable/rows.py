"""The columns a claim reads, and the claimed job made from them."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from dj_queue.contract import MOST_ATTEMPTS, ClaimedJob

CLAIM_COLUMNS = (
    "id",
    "attempts",
    "queue_name",
    "priority",
    "task_path",
    "args",
    "kwargs",
    "enqueued_at",
    "run_after",
    "started_at",
    "errors",
    "lost",
    "on_crash",
    "concurrency_hash",
)

RARE_COLUMNS = (
    "run_after",
    "concurrency_key",
    "concurrency_hash",
    "concurrency_limit",
    "concurrency_duration",
    "on_conflict",
)
"""What most jobs leave empty when they are enqueued: due time and concurrency key. To name a column costs parsing."""


_decoded = json.JSONDecoder().decode


def stored_json(text: str) -> Any:
    """The value of a stored JSON text. Most jobs have no keyword arguments: nothing to read."""
    return {} if text == "{}" else _decoded(text)


def next_attempt(attempts: int) -> int:
    """The number of the attempt that follows so many; at its limit it stays."""
    return min(attempts, MOST_ATTEMPTS - 1) + 1


def claimed_job(row: Sequence[Any], attempt: int, process_id: UUID) -> ClaimedJob:
    """The job in `row` (values of CLAIM_COLUMNS, decoded) as held by `process_id`."""
    return ClaimedJob(
        id=row[0],
        attempt=attempt,
        process_id=process_id,
        queue_name=row[2],
        priority=row[3],
        task_path=row[4],
        args=row[5],
        kwargs=row[6],
        enqueued_at=row[7],
        run_after=row[8],
        started_at=row[9],
        errors=row[10] or [],
        lost=row[11],
        on_crash=row[12],
        concurrency_hash=row[13],
    )
