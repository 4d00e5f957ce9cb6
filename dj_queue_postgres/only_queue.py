"""A guess for workers on all queues: that the queue which had the last jobs has the next ones too, and no other has any."""

import time
from collections.abc import Sequence
from typing import Any

LASTS = 5.0
"""Seconds without a job after which nothing is guessed: an idle worker looks once and not twice."""
AFTER_A_MISTAKE = 10.0
"""Seconds without guesses after one that cost a statement for nothing."""


class OnlyQueue:
    """What one worker knows of the queue that all its jobs came from."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._name: str | None = None
        self._until = 0.0
        self._mistaken_until = 0.0

    def name(self) -> str | None:
        """The queue to try first, if any."""
        now = time.monotonic()
        return self._name if self._mistaken_until < now < self._until else None

    def found(self, rows: Sequence[tuple[Any, ...]]) -> None:
        """Learn from the rows of a claim."""
        if not rows:
            return
        names = {row[2] for row in rows}
        self._name = names.pop() if len(names) == 1 else None
        self._until = time.monotonic() + LASTS

    def was_wrong(self) -> None:
        """There were jobs, and not where they were guessed to be."""
        self._mistaken_until = time.monotonic() + AFTER_A_MISTAKE
