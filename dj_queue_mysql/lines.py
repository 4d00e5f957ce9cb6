"""Who stands first in the lines that a claim takes from: plain reads, which wait for nobody and lock nothing."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connections

from dj_queue.contract import ClaimRequest, Selector
from dj_queue.portable.front import Lane
from dj_queue_mysql.queues import READY_INDEX, First, firsts

LEAST_SHOWN, MOST_SHOWN = 8, 400
"""Jobs that each of many lines shows at least: one line may have all the best; and that all of them show about."""


class Line(NamedTuple):
    """A queue, or its jobs of one priority from a floor on. `rank` is the place of the selector that picks it."""

    rank: int
    queue: str
    priority: int | None = None
    floor: UUID | None = None


class Lines(NamedTuple):
    """The lines to look at, and whether others were left out that have ready jobs too."""

    lines: list[Line]
    is_cut: bool


class Place(NamedTuple):
    """Where a ready job stands: places sort as jobs are claimed."""

    rank: int
    late: int
    job_id: str
    queue: str


class Look(NamedTuple):
    """The places found in some lines, surely in order, and whether there may be more behind them."""

    places: list[Place]
    has_more: bool


SHOW = """
(SELECT {number}, -priority, id, queue_name FROM dj_queue_job FORCE INDEX ({index})
 WHERE status = 'ready' AND backend_alias = %s AND queue_name = %s{lane}
   AND NOT EXISTS (SELECT 1 FROM dj_queue_pause WHERE backend_alias = %s AND queue_name = %s)
 ORDER BY priority DESC, id LIMIT %s)
"""
LANE = " AND priority = %s AND id >= %s"

PAUSED = "SELECT queue_name FROM dj_queue_pause WHERE backend_alias = %s"


def groups(selectors: Sequence[Selector]) -> Iterator[list[tuple[int, Selector]]]:
    """Selectors with their ranks, those together whose lines are looked at together: names, and each prefix alone."""
    for is_prefix, group in groupby(enumerate(selectors), key=lambda ranked: ranked[1].is_prefix):
        if is_prefix:
            yield from ([ranked] for ranked in group)
        else:
            yield list(group)


def lines(alias: str, request: ClaimRequest, group: list[tuple[int, Selector]], most: int) -> Lines:
    """The queues of a group that may have one of its best `most` jobs.

    A queue whose first job comes behind those of as many others has none of them.
    """
    (rank, selector), *_others = group
    if not selector.is_prefix:
        names = {named.name: place for place, named in reversed(group)}
        return Lines([Line(place, name) for name, place in names.items()], is_cut=False)
    found = firsts(alias, request.backend_alias, selector.name)
    if len(found) > 1:
        found = _not_paused(alias, request.backend_alias, found)
    picked = [first for first in sorted(found) if rank_of(request, first.queue) == rank]
    return Lines([Line(rank, first.queue) for first in picked[:most]], is_cut=len(picked) > most)


def lanes(request: ClaimRequest, floors: Mapping[Lane, UUID]) -> list[Line]:
    """These lanes from their floors on."""
    return [
        Line(rank, name, priority, floor)
        for (name, priority), floor in floors.items()
        if (rank := rank_of(request, name)) is not None
    ]


def look(alias: str, backend_alias: str, among: Sequence[Line], wanted: int, passed: Collection[str]) -> Look:
    """The first `wanted` jobs of these lines beside those that were passed already.

    Each line shows its first few; what stands before the last one shown of any line that may have more is surely
    in order.
    """
    if not among:
        return Look([], has_more=False)
    share = wanted if len(among) == 1 else min(wanted, max(LEAST_SHOWN, MOST_SHOWN // len(among)))
    depth = len(passed) + share
    shown = sorted(_shown(alias, backend_alias, among, depth))
    counts = Counter(number for _place, number in shown)
    edge = min((place for place, number in _lasts(shown).items() if counts[number] == depth), default=None)
    places = [
        place for place, _number in shown if place.job_id not in passed and (edge is None or place <= edge)
    ]
    return Look(places[:wanted], has_more=edge is not None)


def _lasts(shown: Sequence[tuple[Place, int]]) -> dict[Place, int]:
    """The last place shown of each line, with the line's number."""
    lasts = {number: place for place, number in shown}
    return {place: number for number, place in lasts.items()}


def _shown(alias: str, backend_alias: str, among: Sequence[Line], depth: int) -> Iterator[tuple[Place, int]]:
    parts: list[str] = []
    facts: list[Any] = []
    for number, line in enumerate(among):
        lane = () if line.floor is None else (line.priority, line.floor.hex)
        parts.append(SHOW.format(number=number, index=READY_INDEX, lane=LANE if lane else ""))
        facts += (backend_alias, line.queue, *lane, backend_alias, line.queue, depth)
    with connections[alias].cursor() as cursor:
        cursor.execute("UNION ALL".join(parts), facts)
        for number, late, job_id, queue in cursor.fetchall():
            yield Place(among[number].rank, late, job_id, queue), number


def _not_paused(alias: str, backend_alias: str, found: Sequence[First]) -> list[First]:
    with connections[alias].cursor() as cursor:
        cursor.execute(PAUSED, [backend_alias])
        paused = {name for (name,) in cursor.fetchall()}
    return [first for first in found if first.queue not in paused]


def rank_of(request: ClaimRequest, queue: str) -> int | None:
    """The place of the first selector that picks this queue; None for a name that selectors do not pick."""
    return next((rank for rank, selector in enumerate(request.selectors) if selector.matches(queue)), None)
