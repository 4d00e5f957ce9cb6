"""Claiming on MySQL: the best jobs are looked up, locked by their ids with SKIP LOCKED, and taken by one UPDATE."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connections, transaction

from dj_queue.contract import MOST_ATTEMPTS, ClaimedJob, ClaimRequest, Dialect, Selector
from dj_queue.portable.front import DEAR, milliseconds
from dj_queue.portable.rows import CLAIM_COLUMNS, claimed_job, next_attempt, stored_json
from dj_queue.portable.values import id_out, moment_in
from dj_queue_mysql.lines import Line, Look, Place, groups, lanes, lines, look
from dj_queue_mysql.watched_front import WatchedFront

# By their key: that index has no dead entries in front of the living, however many were claimed.
LOCK = f"""
SELECT {", ".join(CLAIM_COLUMNS)} FROM dj_queue_job FORCE INDEX (PRIMARY)
WHERE id IN ({{ids}}) AND status = 'ready'
FOR UPDATE SKIP LOCKED
"""  # noqa: S608 - the columns are a constant

TAKE = f"""
UPDATE dj_queue_job FORCE INDEX (PRIMARY)
SET status = 'claimed', process_id = %s, attempts = least(attempts, {MOST_ATTEMPTS - 1}) + 1,
    claimed_at = UTC_TIMESTAMP(6), last_attempted_at = NULL
WHERE id IN ({{ids}})
"""  # noqa: S608 - a number

type Row = tuple[Any, ...]


class SkipLockedClaim:
    """Looks without a lock which jobs are the best, then locks those that nobody else has.

    Those of the best that others hold are made up for by the next ones: a claim that is short has met the end.
    """

    name = "skip_locked"

    def __init__(self, dialect: Dialect, dear: float = DEAR) -> None:
        """Claim on the dialect's database; looks longer than `dear` seconds may tell that the front is dead."""
        self._alias = dialect.database.alias
        self._dear = dear
        self._fronts: dict[tuple[str, tuple[Selector, ...]], WatchedFront] = defaultdict(
            lambda: WatchedFront(self._alias, self._dear)
        )

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """See `dj_queue.contract.ClaimStrategy.claim`."""
        front = self._fronts[request.backend_alias, request.selectors]
        rows = _Hunt(self._alias, request, front).run()
        return [_claimed(row, request.process_id) for row in rows]


class _Hunt:
    """One claim on its way through the lines."""

    def __init__(self, alias: str, request: ClaimRequest, front: WatchedFront) -> None:
        self._alias = alias
        self._request = request
        self._front = front
        self._rows: list[Row] = []
        self._passed: set[str] = set()

    def run(self) -> list[Row]:
        """Take what can be had, in the order of claims."""
        looks = self._from_floors() if self._front.is_dead() else self._from_front()
        places = next(looks, None)
        if places is None:
            return []
        with transaction.atomic(using=self._alias):
            while places is not None:
                self._rows += self._lock(places)
                places = next(looks, None)
            if self._rows:
                self._run(TAKE, [row[0] for row in self._rows], id_out(self._request.process_id))
        return self._rows

    @property
    def _missing(self) -> int:
        return self._request.limit - len(self._rows)

    def _from_front(self) -> Iterator[list[Place]]:
        """Places that were not looked at before, as long as jobs are missing and there may be some."""
        seconds, count = 0.0, 0
        for group in groups(self._request.selectors):
            has_more = True
            while has_more and self._missing:
                began = time.perf_counter()
                most = self._wanted + len(self._passed)
                among, is_cut = lines(self._alias, self._request, group, most)
                found = self._look(among)
                seconds, count = seconds + time.perf_counter() - began, count + len(among)
                has_more = found.has_more or is_cut
                if found.places:
                    yield found.places
        if self._front.looked(seconds, count):
            self._note()
            self._front.search(self._request)

    def _from_floors(self) -> Iterator[list[Place]]:
        """The same, where the front is known to be dead."""
        front = self._front
        if front.is_search_due():
            front.search(self._request)
        is_wide = front.is_wide_due()
        floors = front.wide_floors() if is_wide else front.floors()
        among = lanes(self._request, floors)
        seconds, moment, has_more = 0.0, milliseconds(), True
        while has_more and self._missing:
            began = time.perf_counter()
            found = self._look(among)
            seconds, has_more = seconds + time.perf_counter() - began, found.has_more
            if found.places:
                yield found.places
        self._note()
        if not is_wide:
            front.looked_behind(seconds)
            return
        front.looked_wide(seconds)
        if self._missing:
            front.emptied(floors, moment)

    @property
    def _wanted(self) -> int:
        """Who meets others looks further than they."""
        return 2 * self._missing if self._passed else self._missing

    def _look(self, among: Sequence[Line]) -> Look:
        return look(self._alias, self._request.backend_alias, among, self._wanted, self._passed)

    def _note(self) -> None:
        for row in self._rows:
            self._front.took((row[2], row[3]), UUID(row[0]))

    def _lock(self, places: Sequence[Place]) -> list[Row]:
        """Lock the first of these that nobody else has, as many as are missing."""
        rows: list[Row] = []
        start = 0
        while start < len(places) and len(rows) < self._missing:
            tried = places[start : start + self._missing - len(rows)]
            start += len(tried)
            self._passed.update(place.job_id for place in tried)
            ranks = {place.job_id: number for number, place in enumerate(tried)}
            rows += sorted(self._run(LOCK, list(ranks)), key=lambda row: ranks[row[0]])
        return rows

    def _run(self, sql: str, ids: Sequence[str], *parameters: Any) -> Sequence[Row]:
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql.format(ids=",".join(["%s"] * len(ids))), [*parameters, *ids])
            rows: Sequence[Row] = cursor.fetchall()
        return rows


def _claimed(row: Sequence[Any], process_id: UUID) -> ClaimedJob:
    """The job in a row as it was read: before its claim."""
    decoded = [
        UUID(row[0]),
        *row[1:5],
        stored_json(row[5]),
        stored_json(row[6]),
        moment_in(row[7]),
        moment_in(row[8]),
        moment_in(row[9]),
        stored_json(row[10]) if row[10] else None,
        *row[11:],
    ]
    return claimed_job(decoded, next_attempt(row[1]), process_id)
