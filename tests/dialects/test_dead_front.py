"""While an old transaction keeps what was claimed, claims on servers start behind it, and no job is lost from sight."""

import random
import time
from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import connections

from dj_queue.contract import ClaimRequest, NewJob, Status, parse_selector
from dj_queue.models import Pause
from dj_queue.operations.ids import make_ids
from dj_queue.portable import front
from tests.dialects.postgres_plans import explaining
from tests.runtime.where import only_on

POSTGRES, MYSQL = ("postgres", "postgres18"), ("mysql", "mysql9", "mariadb11")
pytestmark = [pytest.mark.fault(40), pytest.mark.every_server]
on_each = only_on(*POSTGRES, *MYSQL)

ALL = (parse_selector("*"),)
AN_HOUR = 3_600_000
"""In milliseconds."""


class Clock:
    """The clock of the front, which goes on when it is told to."""

    def __init__(self):
        self.now = 0.0
        self._began = time.time_ns()

    def time_ns(self):
        # Of the ids' time none passes for the front, however long the test takes: no job that comes is old.
        return self._began

    def monotonic(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(front, "time", clock)
    monkeypatch.setattr(front, "LOOKS_SHARE", 1e9)
    return clock


@pytest.fixture
def insert(services):
    """`insert(count)` inserts ready jobs and returns their ids, in order.

    They got them `late` milliseconds before now, or before another job did.
    """

    def inserted(count=1, *, queue="work", priority=0, late=0, before=None):
        made = make_ids(count) if before is None else [before]
        ids = [UUID(int=job_id.int - (late << 80)) for job_id in made]
        services.dialect.insert_jobs(
            [
                NewJob(
                    id=job_id,
                    backend_alias=services.alias,
                    queue_name=queue,
                    priority=priority,
                    task_path="tests.project.tasks.add",
                    args_json="[1, 2]",
                    kwargs_json="{}",
                    status=Status.READY,
                    enqueued_at=datetime.now(UTC),
                )
                for job_id in ids
            ]
        )
        return sorted(ids)

    return inserted


VIEW = {
    "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ",
    "mysql": "START TRANSACTION WITH CONSISTENT SNAPSHOT",
}


@pytest.fixture
def pinned(services, insert):
    """An old transaction sees what is claimed meanwhile, for long enough to be noticed."""
    old = connections[services.database.alias].copy()
    with closing(old), old.cursor() as cursor:
        cursor.execute(VIEW[services.database.vendor])
        cursor.execute("SELECT count(*) FROM dj_queue_job")
        insert(120)
        while taken(services, services.claim, limit=1):
            pass
        yield
        cursor.execute("ROLLBACK")


@pytest.fixture
def watchful(services, monkeypatch):
    """`watchful(dear)` is a strategy to which looks that took so many seconds are dear."""
    if services.database.vendor == "mysql":
        from dj_queue_mysql import claim, watched_front

        # Whether looks behind a dead front are cheaper is told by a clock, which tests cannot rely on.
        monkeypatch.setattr(watched_front.WatchedFront, "looked_behind", lambda self, seconds: None)
        monkeypatch.setattr(watched_front, "DEAR_LINE", 0.0)
        return lambda dear: claim.SkipLockedClaim(services.dialect, dear)
    from dj_queue_postgres import claim
    from dj_queue_postgres.horizon import is_held_back

    assert is_held_back(services.database.alias)
    return lambda dear: claim.SkipLockedClaim(services.dialect, dear)


@pytest.fixture
def take(services, clock, pinned, watchful):
    """`take()` claims by a strategy whose front is dead for as long as can be: it has just looked, and found that dear."""
    strategy = watchful(0.0)

    def claim(limit=10):
        return taken(services, strategy, limit)

    claim()
    claim()
    assert is_dead(strategy)
    claim.strategy = strategy
    return claim


def taken(services, strategy, limit):
    request = ClaimRequest(services.alias, ALL, limit, uuid4())
    return [job.id for job in strategy.claim(request)]


def front_of(strategy):
    (known,) = strategy._fronts.values()
    return known


def is_dead(strategy):
    return front_of(strategy).is_dead()


@only_on(*POSTGRES)
def test_what_a_claim_reads_does_not_grow_with_what_cannot_be_cleaned_up(
    services, insert, take, clock, watchful
):
    from_the_front = watchful(float("inf"))
    connection = connections[services.database.alias]
    services.dialect.prepare()

    def blocks(strategy):
        insert(10)
        assert is_dead(take.strategy)
        with explaining(connection) as plans:
            assert len(taken(services, strategy, 10)) == 10
        return sum(plan.blocks for plan in plans)

    insert(10)
    clock.now += front.SEARCH_EVERY
    take()
    first = blocks(take.strategy)
    insert(10_000)
    while take(limit=200):
        pass
    assert blocks(take.strategy) <= 2 * first
    assert blocks(from_the_front) > 3 * first


@on_each
@pytest.mark.parametrize(("queue", "priority"), [("work", 0), ("work", 5), ("another", 0)])
def test_new_jobs_are_in_sight_of_a_dead_front_after_a_search(insert, take, clock, queue, priority):
    insert(20)
    clock.now += front.SEARCH_EVERY
    take()
    (job_id,) = insert(queue=queue, priority=priority)
    clock.now += front.SEARCH_EVERY
    found = [*take(), *take()]
    assert is_dead(take.strategy)
    assert job_id in found


@on_each
@pytest.mark.parametrize("priority", [0, 5])
def test_jobs_that_were_committed_a_little_late_are_found_by_a_wide_look(insert, take, clock, priority):
    others = {0: insert(20), 5: insert(1, priority=5)}
    clock.now += front.SEARCH_EVERY
    take()
    take()
    (job_id,) = insert(priority=priority, late=front.SLACK // 2, before=others[priority][0])
    assert job_id not in take(limit=1)
    front_of(take.strategy).looked_wide(0.0)
    assert take(limit=1) == [job_id]
    assert is_dead(take.strategy)


@on_each
@pytest.mark.parametrize(("queue", "priority"), [("work", 0), ("work", 5), ("another", 0), ("another", 5)])
def test_late_jobs_are_found_by_the_next_look_from_the_front(insert, take, clock, queue, priority):
    insert(20)
    clock.now += front.SEARCH_EVERY
    take()
    (job_id,) = insert(queue=queue, priority=priority, late=AN_HOUR)
    clock.now += front.LONGEST_WITHOUT
    found = take(limit=1) if queue == "work" or priority else take(limit=20)
    assert job_id in found


@on_each
def test_many_late_jobs_are_taken_from_behind_a_dead_front_in_order(insert, take, clock):
    insert(20)
    take()
    late = insert(100, late=AN_HOUR)
    clock.now += front.LONGEST_WITHOUT
    assert [job_id for _ in range(10) for job_id in take()] == late
    assert is_dead(take.strategy)


@on_each
def test_what_was_paused_while_its_lane_was_empty_for_others_is_found_when_it_is_resumed(
    services, insert, take, clock
):
    first = insert(2)
    insert(2, queue="another")
    clock.now += front.SEARCH_EVERY
    assert set(first) < set(take())
    waiting = insert(20, late=AN_HOUR)
    pauses = Pause.objects.using(services.database.alias)
    pauses.create(backend_alias=services.alias, queue_name="work", created_at=services.dialect.now())
    clock.now += front.SEARCH_EVERY
    assert take() == []
    pauses.all().delete()
    clock.now += front.LONGEST_WITHOUT
    assert [*take(), *take()] == waiting


@on_each
def test_the_longest_look_keeps_no_job_out_of_sight_for_longer_than_it_says(backend_alias, clock):
    known = front.Front()
    known.died(3600.0)
    assert known.is_dead()
    clock.now += front.LONGEST_WITHOUT
    assert not known.is_dead()


@on_each
def test_every_job_is_taken_once_whatever_comes_behind_a_dead_front(insert, take, clock):
    chance = random.Random(7)
    inserted, found = [], []
    for _ in range(150):
        queue = chance.choice(("work", "another", "third"))
        inserted += insert(
            chance.randint(1, 8),
            queue=queue,
            priority=chance.randint(-2, 2),
            late=chance.choice((0, 1_000, AN_HOUR)),
        )
        clock.now += chance.choice((0.0, front.SEARCH_EVERY, 1.0))
        found += take(limit=chance.randint(1, 12))
    clock.now += front.LONGEST_WITHOUT
    while len(found) < len(inserted):
        more = take(limit=50)
        if not more:
            clock.now += front.LONGEST_WITHOUT
            more = take(limit=50)
            assert more
        found += more
    assert sorted(found) == sorted(inserted)
