"""Bursts: batches that follow each other in an index, each starting where the one before it ended.

What a batch took leaves dead entries in front of the next one. As long as some transaction may still see them,
walking over them again for each batch would make a burst cost the square of its length.
"""

from collections.abc import Callable
from typing import Any

type Moment = Any
"""A time as the driver has it, or the text of one."""
type Row = tuple[Any, ...]
"""What a batch returns of a row: the moment that orders the index comes first."""


class Burst:
    """Remembers where a full batch ended. A hint only: a batch that is not full looks at the front again."""

    def __init__(self) -> None:
        """Start at the front."""
        self._ends: dict[object, Moment] = {}

    def batch(self, key: object, limit: int, take: Callable[[Moment, int], list[Row]]) -> list[Row]:
        """The next rows, up to `limit`, that `take` gives from a moment on, or from the front for None."""
        end = self._ends.pop(key, None)
        rows = take(end, limit)
        if end is not None and len(rows) < limit:
            rows += take(None, limit - len(rows))
        if rows and len(rows) == limit:
            self._ends[key] = max(row[0] for row in rows)
        return rows
