"""Claiming on PostgreSQL: one UPDATE over rows locked with SKIP LOCKED."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import Error, connections

from dj_queue.contract import ClaimedJob, ClaimRequest, Dialect, Selector
from dj_queue.portable.front import DEAR, Front, Lane, milliseconds
from dj_queue.portable.rows import CLAIM_COLUMNS, claimed_job, stored_json
from dj_queue_postgres.claim_statements import (
    CLAIM_LANES,
    CLAIM_ONE_QUEUE,
    CLAIM_ONLY_QUEUE,
    CLAIM_QUEUES,
    NEW_LANES,
)
from dj_queue_postgres.connection import cursor, moment_in
from dj_queue_postgres.horizon import is_held_back
from dj_queue_postgres.only_queue import OnlyQueue

MOST_SEARCHED = 5000
"""Newest jobs among which new lanes are searched."""
FOUND, HAS_MORE = len(CLAIM_COLUMNS), len(CLAIM_COLUMNS) + 1

ALL = (Selector("", is_prefix=True),)

type Row = tuple[Any, ...]


class SkipLockedClaim:
    """Claims in one statement of its own, without a transaction around it."""

    name = "skip_locked"

    def __init__(self, dialect: Dialect, dear: float = DEAR) -> None:
        """Claim on the dialect's database; a look longer than `dear` seconds asks whether the front is dead."""
        self._alias = dialect.database.alias
        self._dear = dear
        self._only: dict[str, OnlyQueue] = defaultdict(OnlyQueue)
        self._fronts: dict[tuple[str, tuple[Selector, ...]], Front] = defaultdict(Front)

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """See `dj_queue.contract.ClaimStrategy.claim`."""
        front = self._fronts[request.backend_alias, request.selectors]
        look = self._from_floors if front.is_dead() else self._from_front
        zone = connections[self._alias].timezone_name
        return [claimed_job(_decoded(row, zone), row[1], request.process_id) for row in look(request, front)]

    def _from_front(self, request: ClaimRequest, front: Front) -> list[Row]:
        began = time.perf_counter()
        rows = self._look(request)
        seconds = time.perf_counter() - began
        if seconds < self._dear or not is_held_back(self._alias):
            front.lives()
            return rows
        front.died(seconds)
        _note(front, rows)
        self._search(request, front)
        return rows

    def _look(self, request: ClaimRequest) -> list[Row]:
        if request.selectors == ALL:
            return self._look_at_all(request)
        first = request.selectors[0]
        if len(request.selectors) == 1 and not first.is_prefix:
            return self._take(request, CLAIM_ONE_QUEUE, first.name)
        return self._take_queues(request)

    def _look_at_all(self, request: ClaimRequest) -> list[Row]:
        only = self._only[request.backend_alias]
        name = only.name()
        rows = self._take(request, CLAIM_ONLY_QUEUE, name) if name else []
        if not rows:
            rows = self._take_queues(request)
            if name and rows:
                only.was_wrong()
        only.found(rows)
        return rows

    def _take_queues(self, request: ClaimRequest) -> list[Row]:
        names = [selector.name for selector in request.selectors]
        prefixes = [selector.is_prefix for selector in request.selectors]
        return self._take_merged(request, request.limit, CLAIM_QUEUES, {"names": names, "prefixes": prefixes})

    def _from_floors(self, request: ClaimRequest, front: Front) -> list[Row]:
        rows = self._take_from_floors(request, front, request.limit)
        if front.is_search_due() and self._search(request, front) and len(rows) < request.limit:
            rows += self._take_from_floors(request, front, request.limit - len(rows))
        return rows

    def _take_from_floors(self, request: ClaimRequest, front: Front, limit: int) -> list[Row]:
        if not front.is_wide_due():
            return self._take_lanes(request, front, limit, front.floors())
        began, moment = time.perf_counter(), milliseconds()
        floors = front.wide_floors()
        rows = self._take_lanes(request, front, limit, floors)
        front.looked_wide(time.perf_counter() - began)
        if len(rows) < limit:
            front.emptied(floors, moment)
        return rows

    def _take_lanes(
        self, request: ClaimRequest, front: Front, limit: int, floors: Mapping[Lane, UUID]
    ) -> list[Row]:
        facts = {
            "names": [name for name, _priority in floors],
            "priorities": [priority for _name, priority in floors],
            "ranks": [_rank(request, name) for name, _priority in floors],
            "floors": list(floors.values()),
        }
        rows = self._take_merged(request, limit, CLAIM_LANES, facts)
        _note(front, rows)
        return rows

    def _take(self, request: ClaimRequest, sql: str, queue: str) -> list[Row]:
        """Take from one queue: what others hold is made up for by what waits behind it."""
        facts = {"process": request.process_id, "alias": request.backend_alias, "limit": request.limit}
        return _in_order(request, self._fetch(sql, {**facts, "queue": queue}))

    def _take_merged(
        self, request: ClaimRequest, limit: int, sql: str, facts: Mapping[str, Any]
    ) -> list[Row]:
        """Repeat a statement until the limit is reached or nothing is left, each time in the order of claims.

        Who meets others looks further than they, so that a claim that is short has met the end.
        """
        facts = {"process": request.process_id, "alias": request.backend_alias, **facts}
        rows: list[Row] = []
        reach = limit
        while len(rows) < limit:
            missing = limit - len(rows)
            try:
                told = self._fetch(sql, {**facts, "limit": missing, "reach": reach})
            except Error:
                if not rows or connections[self._alias].in_atomic_block:
                    raise
                break  # What was taken is this process's by now; the next claim meets the error again.
            more = [row for row in told if row[0] is not None]
            rows += _in_order(request, more)
            found, has_edge = told[0][FOUND], told[0][HAS_MORE]
            if not has_edge and found < reach:
                break
            reach = limit - len(rows) if len(more) == min(found, missing) else 2 * reach
        return rows

    def _search(self, request: ClaimRequest, front: Front) -> bool:
        """Let the front know lanes that got jobs since the last search; whether there are new ones."""
        since = front.search_from()
        facts = {"since": since, "most": MOST_SEARCHED, "alias": request.backend_alias}
        lanes: list[Lane] = [
            lane
            for lane in self._fetch(NEW_LANES, facts)
            if any(selector.matches(lane[0]) for selector in request.selectors)
        ]
        return front.found(lanes, since)

    def _fetch(self, sql: str, facts: Mapping[str, Any]) -> list[Any]:
        with cursor(self._alias) as raw:
            rows: list[Any] = raw.execute(sql, facts).fetchall()
        return rows


def _rank(request: ClaimRequest, queue_name: str) -> int:
    """The place of the first selector that picks this queue."""
    return next(rank for rank, selector in enumerate(request.selectors) if selector.matches(queue_name))


def _in_order(request: ClaimRequest, rows: Sequence[Row]) -> list[Row]:
    ranks = {name: _rank(request, name) for name in {row[2] for row in rows}}
    # Numbers are compared much quicker than uuids, to the same end.
    return sorted(rows, key=lambda row: (ranks[row[2]], -row[3], row[0].int))


def _note(front: Front, rows: Sequence[Row]) -> None:
    for row in rows:
        front.took((row[2], row[3]), row[0])


def _decoded(row: Row, zone: str) -> list[Any]:
    """The row with its JSON and its moments as Python has them."""
    return [
        *row[:5],
        stored_json(row[5]),
        stored_json(row[6]),
        moment_in(row[7], zone),
        moment_in(row[8], zone),
        moment_in(row[9], zone),
        stored_json(row[10]) if row[10] else None,
        *row[11:],
    ]
