"""Admission: blocked jobs of a concurrency key get in as far as slots are free, in their order."""

from datetime import timedelta

import pytest

from dj_queue.contract import Admitted, Status
from dj_queue.models import Semaphore
from dj_queue.testing.conformance.bench import Bench, ids

A_MILLISECOND = timedelta(milliseconds=1)
NOTHING = Admitted(0, frozenset(), frozenset())


class TestAdmission:
    """`Dialect.admit` for keys that nobody else works on."""

    @pytest.mark.parametrize("limit", [1, 3])
    def test_as_many_get_in_as_the_limit_says(self, bench: Bench, limit: int) -> None:
        key = bench.key("one", limit)
        jobs = [bench.blocked(key, queue_name=f"q{number}") for number in range(5)]
        admitted = bench.admit(key)
        queues = frozenset(job.queue_name for job in jobs[:limit])
        assert admitted == Admitted(limit, queues, frozenset())
        assert bench.statuses(*jobs) == [Status.READY] * limit + [Status.BLOCKED] * (5 - limit)
        assert bench.admit(key) == NOTHING

    def test_more_get_in_than_there_are_only_as_far_as_there_are(self, bench: Bench) -> None:
        key = bench.key("one", limit=10)
        job = bench.blocked(key)
        assert bench.admit(key).count == 1
        assert ids(bench.claim()) == [job.id]

    def test_the_order_is_priority_then_age(self, bench: Bench) -> None:
        key = bench.key("one")
        jobs = [bench.blocked(key, priority=priority) for priority in (0, 5, -5, 5)]
        for job in (jobs[1], jobs[3], jobs[0], jobs[2]):
            assert bench.admit(key).count == 1
            assert bench.statuses(job) == [Status.READY]
            bench.rows.filter(id=job.id).delete()

    @pytest.mark.parametrize("status", [Status.READY, Status.CLAIMED])
    def test_jobs_ready_or_claimed_take_a_slot(self, bench: Bench, status: Status) -> None:
        key = bench.key("one", limit=2)
        bench.ready(concurrency=key, status=status)
        jobs = [bench.blocked(key), bench.blocked(key)]
        assert bench.admit(key).count == 1
        assert bench.statuses(*jobs) == [Status.READY, Status.BLOCKED]

    def test_jobs_in_any_other_state_take_no_slot(self, bench: Bench) -> None:
        key = bench.key("one")
        for status in Status:
            if status not in (Status.READY, Status.CLAIMED, Status.BLOCKED):
                bench.ready(concurrency=key, status=status)
        job = bench.blocked(key)
        assert bench.admit(key).count == 1
        assert bench.statuses(job) == [Status.READY]

    def test_keys_do_not_share_slots(self, bench: Bench) -> None:
        keys = [bench.key(name) for name in ("a", "A", "á", "a ", "b" * 10_000)]
        jobs = [bench.blocked(key) for key in keys]
        admitted = bench.admit(*keys, *keys)
        assert (admitted.count, admitted.queues) == (5, {"default"})
        assert bench.statuses(*jobs) == [Status.READY] * 5

    def test_a_key_that_nobody_waits_for_admits_nothing(self, bench: Bench) -> None:
        free, taken = bench.key("free"), bench.key("taken")
        bench.ready(concurrency=taken)
        assert bench.admit(free, taken) == NOTHING
        assert bench.admit() == NOTHING

    def test_a_job_let_in_has_its_duration_to_find_a_worker(self, bench: Bench) -> None:
        key = bench.key("one", limit=2, duration=90.5)
        jobs = [bench.blocked(key), bench.blocked(bench.key("one", limit=2, duration=1.0))]
        before = bench.dialect.now()
        bench.admit(key)
        after = bench.dialect.now()
        for job, wait in zip(jobs, (timedelta(seconds=90.5), timedelta(seconds=1)), strict=True):
            until = bench.row(job).slot_until
            assert until is not None
            assert before + wait - A_MILLISECOND <= until <= after + wait + A_MILLISECOND

    def test_who_lost_a_slot_waits_behind_those_who_never_had_one(self, bench: Bench) -> None:
        key = bench.key("one")
        late, later = bench.blocked(key, priority=9), bench.blocked(key)
        fresh = bench.blocked(key, priority=-9)
        for number, job in enumerate((later, late)):
            bench.rows.filter(id=job.id).update(
                slot_until=bench.dialect.now() - timedelta(minutes=2 - number)
            )
        for job in (fresh, later, late):
            assert bench.admit(key).count == 1
            assert bench.statuses(job) == [Status.READY]
            bench.rows.filter(id=job.id).delete()

    def test_the_limit_of_who_came_last_holds_for_the_key(self, bench: Bench) -> None:
        old = [bench.blocked(bench.key("one", limit=1)) for _ in range(3)]
        new = bench.blocked(bench.key("one", limit=3))
        assert bench.admit(bench.key("one")).count == 3
        assert bench.statuses(*old, new) == [Status.READY] * 3 + [Status.BLOCKED]

    def test_a_lowered_limit_lets_nobody_in_until_enough_have_ended(self, bench: Bench) -> None:
        wide, narrow = bench.key("one", limit=3), bench.key("one", limit=1)
        inside = [bench.ready(concurrency=wide) for _ in range(3)]
        waiting = bench.blocked(narrow)
        for job in inside:
            assert bench.admit(narrow) == NOTHING
            bench.rows.filter(id=job.id).delete()
        assert bench.admit(narrow).count == 1
        assert bench.statuses(waiting) == [Status.READY]

    def test_a_discarding_job_without_a_slot_is_discarded(self, bench: Bench) -> None:
        key = bench.key("one", on_conflict="discard")
        first, second, third = (bench.blocked(key) for _ in range(3))
        assert bench.admit(key) == Admitted(1, frozenset(["default"]), frozenset([second.id, third.id]))
        assert bench.statuses(first, second) == [Status.READY, Status.DISCARDED]
        assert bench.row(second).finished_at is not None
        assert bench.row(first).finished_at is None

    def test_a_discarding_job_that_has_run_waits_for_its_slot(self, bench: Bench) -> None:
        key = bench.key("one", on_conflict="discard")
        bench.ready(concurrency=key)
        job = bench.blocked(key)
        bench.rows.filter(id=job.id).update(attempts=1)
        assert bench.admit(key) == NOTHING
        assert bench.statuses(job) == [Status.BLOCKED]

    def test_a_waiting_job_is_not_discarded_for_a_discarding_one_of_its_key(self, bench: Bench) -> None:
        bench.ready(concurrency=bench.key("one"))
        waiting = bench.blocked(bench.key("one"))
        discarding = bench.blocked(bench.key("one", on_conflict="discard"))
        assert bench.admit(bench.key("one")).discarded == {discarding.id}
        assert bench.statuses(waiting, discarding) == [Status.BLOCKED, Status.DISCARDED]

    def test_a_key_in_use_has_a_row_that_names_it(self, bench: Bench) -> None:
        key = bench.key("one", limit=4)
        bench.blocked(key)
        before = bench.dialect.now()
        bench.admit(key)
        semaphore = Semaphore.objects.using(bench.services.database.alias).get()
        assert (semaphore.key_hash, semaphore.key, semaphore.limit) == (key.key_hash, "one", 4)
        assert semaphore.used_at >= before - A_MILLISECOND
