"""Claiming through the ORM: by SKIP LOCKED where the database has it, else by a guarded update."""

from collections.abc import Iterator
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Least

from dj_queue.contract import MOST_ATTEMPTS, ClaimedJob, ClaimRequest, Selector, Status
from dj_queue.models import Job, Pause
from dj_queue.portable.dialect import PortableDialect
from dj_queue.portable.rows import CLAIM_COLUMNS, claimed_job, next_attempt

SKIP_LOCKED = "skip_locked"
OPTIMISTIC = "optimistic"


class PortableClaim:
    """Selects candidates in order, then takes those that are still ready.

    With SKIP LOCKED the candidates are locked and all are taken. Without, two claimers may see the same
    candidates; the update's guard on the status gives each row to one of them.
    """

    def __init__(self, dialect: PortableDialect, name: str) -> None:
        """Claim on the dialect's database; `name` is SKIP_LOCKED or OPTIMISTIC."""
        self.name = name
        self._dialect = dialect
        self._alias = dialect.database.alias

    def claim(self, request: ClaimRequest) -> list[ClaimedJob]:
        """See `dj_queue.contract.ClaimStrategy.claim`."""
        if not self._ready(request.backend_alias).exists():
            return []
        with self._dialect.atomic():
            rows = self._candidates(request)
            taken = self._take(rows, request)
        return [claimed_job(row, taken[row[0]], request.process_id) for row in rows if row[0] in taken]

    def _ready(self, backend_alias: str) -> QuerySet[Job]:
        return Job.objects.using(self._alias).filter(status=Status.READY, backend_alias=backend_alias)

    def _candidates(self, request: ClaimRequest) -> list[tuple[Any, ...]]:
        paused = set(
            Pause.objects.using(self._alias)
            .filter(backend_alias=request.backend_alias)
            .values_list("queue_name", flat=True)
        )
        rows: list[tuple[Any, ...]] = []
        seen: set[str] = set(paused)
        for selector in request.selectors:
            queues = [name for name in self._queues(request.backend_alias, selector) if name not in seen]
            seen.update(queues)
            rows += self._first_of(request.backend_alias, queues, request.limit - len(rows))
            if len(rows) >= request.limit:
                break
        return rows

    def _queues(self, backend_alias: str, selector: Selector) -> Iterator[str]:
        """The selected queues that have ready jobs, found by one index probe for each queue.

        All queues are looked at: where names sort by a language's rules, those of a prefix are not neighbours.
        """
        if not selector.is_prefix:
            yield selector.name
            return
        names = self._ready(backend_alias).order_by("queue_name").values_list("queue_name", flat=True)
        name = names.first()
        while name is not None:
            if selector.matches(name):
                yield name
            name = names.filter(queue_name__gt=name).first()

    def _first_of(self, backend_alias: str, queues: list[str], limit: int) -> list[tuple[Any, ...]]:
        """The first `limit` ready jobs over all these queues, by priority, then age."""
        rows: list[tuple[Any, ...]] = []
        for name in queues:
            jobs = self._ready(backend_alias).filter(queue_name=name).order_by("-priority", "id")
            if self.name == SKIP_LOCKED:
                jobs = jobs.select_for_update(skip_locked=True)
            rows += jobs.values_list(*CLAIM_COLUMNS)[:limit]
        if len(queues) > 1:
            rows.sort(key=lambda row: (-row[3], row[0]))
        return rows[:limit]

    def _take(self, rows: list[tuple[Any, ...]], request: ClaimRequest) -> dict[Any, int]:
        """The ids taken, with the number of the attempt that begins."""
        attempts = {row[0]: next_attempt(row[1]) for row in rows}
        if not attempts:
            return {}
        wanted = Job.objects.using(self._alias).filter(id__in=list(attempts))
        wanted.filter(status=Status.READY).update(
            status=Status.CLAIMED,
            process_id=request.process_id,
            attempts=Least(F("attempts"), Value(MOST_ATTEMPTS - 1)) + 1,
            claimed_at=self._dialect.clock,
            last_attempted_at=None,
        )
        if self.name == SKIP_LOCKED:
            return attempts
        # Unlocked candidates may have been claimed and given back by others since they were read.
        ours = wanted.filter(status=Status.CLAIMED, process_id=request.process_id)
        return dict(ours.values_list("id", "attempts"))
