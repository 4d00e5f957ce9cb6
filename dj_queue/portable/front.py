"""The front of the ready jobs when it is dead: where claims may start while nothing is cleaned up.

A claimed job leaves a dead entry in the index of ready jobs. As long as some transaction may still see it, the
server neither removes it nor remembers that it is dead: every look from the front walks over all of them.
"""

import time
from collections.abc import Iterable
from uuid import UUID

DEAR = 0.005
"""Seconds from which on a look from the front is worth asking why."""
LOOKS_SHARE = 10
"""Times as long as a look from the front took, claims do without another: one from the floors misses older jobs.

The same holds for wide looks: many jobs enqueued at once leave many dead entries within the slack.
"""
LONGEST_WITHOUT = 10.0
"""Seconds without a look from the front, however long the last one took."""
SLACK = 2000
"""Milliseconds of the ids' time that a wide look starts below the floors: clocks differ, and commits take time."""
SEARCH_EVERY = 0.1
"""Seconds between searches for lanes that got their first jobs."""
MOST_LANES = 256
TO_MILLISECONDS = 80
"""Bits of a UUIDv7 below its time."""

type Lane = tuple[str, int]
"""A queue's jobs of one priority: where an index of them has one front."""


class Front:
    """What one claimer's looks have shown. Hints only: a look from the front finds every job."""

    def __init__(self) -> None:
        """Know nothing: start at the front."""
        self._floors: dict[Lane, UUID] = {}
        self._dead_until = 0.0
        self._narrow_until = 0.0
        self._searched_at = 0.0

    def is_dead(self) -> bool:
        """Whether the next look should start at the floors."""
        return time.monotonic() < self._dead_until

    def died(self, look_seconds: float) -> None:
        """A look from the front took so long because of what cannot be cleaned up."""
        now = time.monotonic()
        self._dead_until = now + _share(look_seconds)
        self._searched_at = now - look_seconds

    def lives(self) -> None:
        """A look from the front was cheap."""
        self._floors.clear()
        self._dead_until = 0.0

    def floors(self) -> dict[Lane, UUID]:
        """Where to start in each lane: behind all that was taken."""
        return self._floors.copy()

    def is_wide_due(self) -> bool:
        """Whether the next look from the floors should be a wide one."""
        return time.monotonic() >= self._narrow_until

    def wide_floors(self) -> dict[Lane, UUID]:
        """Where to start in each lane to see also what came late."""
        return {lane: _floor((floor.int >> TO_MILLISECONDS) - SLACK) for lane, floor in self._floors.items()}

    def looked_wide(self, look_seconds: float) -> None:
        """A wide look took so long."""
        self._narrow_until = time.monotonic() + _share(look_seconds)

    def took(self, lane: Lane, job_id: UUID) -> None:
        """Claimed this job, and all before it in its lane that could be had."""
        self._floors.pop(lane, None)
        self._floors[lane] = job_id
        if len(self._floors) > MOST_LANES:
            self._floors.pop(next(iter(self._floors)), None)

    def emptied(self, lanes: Iterable[Lane], moment: int) -> None:
        """A wide look found no more in these lanes at this moment: what comes is newer."""
        floor = _floor(moment)
        for lane in lanes:
            self._floors[lane] = max(floor, self._floors.get(lane, floor))

    def is_search_due(self) -> bool:
        """Whether new lanes should be searched for."""
        return time.monotonic() >= self._searched_at + SEARCH_EVERY

    def search_from(self) -> UUID:
        """The id from which on jobs may have come since the last search; the search is now."""
        now = time.monotonic()
        ago, self._searched_at = now - self._searched_at, now
        return _floor(milliseconds() - int(ago * 1000) - SLACK)

    def found(self, lanes: Iterable[Lane], floor: UUID) -> bool:
        """Start in these lanes too; whether one of them is new."""
        new = [lane for lane in lanes if lane not in self._floors]
        self._floors.update(dict.fromkeys(new, floor))
        return bool(new)


def milliseconds() -> int:
    """Now, as ids have it: since 1970, by this host's clock."""
    return time.time_ns() // 1_000_000


def _share(look_seconds: float) -> float:
    """Seconds without another such look."""
    return min(LOOKS_SHARE * look_seconds, LONGEST_WITHOUT)


def _floor(moment: int) -> UUID:
    """The least id of this moment's time."""
    return UUID(int=max(0, moment) << TO_MILLISECONDS)
