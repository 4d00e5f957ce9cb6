"""Slots under competition: never more in than the limit, and no free slot beside one who waits."""

import threading
from collections import Counter
from functools import partial

from dj_queue.contract import Concurrency, NewJob, Outcome, Status
from dj_queue.testing.conformance.bench import Bench, release, success

KEYS = 3
LIMIT = 2


class TestSlots:
    """`Dialect.admit` and `Dialect.finish` for several processes at once."""

    def test_gates_at_once_let_in_no_more_than_the_limit(self, bench: Bench) -> None:
        keys = _keys(bench)

        def enqueue() -> None:
            for number in range(20):
                key = keys[number % KEYS]
                bench.again(partial(bench.blocked, key))
                bench.again(partial(bench.admit, key))

        bench.in_threads(*[enqueue] * 4)
        assert _inside(bench) == Counter({key.key_hash: LIMIT for key in keys})

    def test_a_key_new_to_all_of_them_is_counted_once(self, bench: Bench) -> None:
        for number in range(10):
            key = bench.key(f"new {number}")
            bench.insert(*(bench.new(status=Status.BLOCKED, concurrency=key) for _ in range(4)))
            bench.in_threads(*[partial(bench.again, partial(bench.admit, key))] * 4)
            assert _inside(bench)[key.key_hash] == 1

    def test_the_limit_holds_while_jobs_come_end_and_are_given_back(self, bench: Bench) -> None:
        keys = _keys(bench)
        jobs = [bench.new(status=Status.BLOCKED, concurrency=keys[number % KEYS]) for number in range(90)]
        bench.insert(*jobs)
        bench.again(partial(bench.admit, *keys))
        done = threading.Event()
        worst: Counter[str] = Counter()

        def watch() -> None:
            while not done.is_set():
                for key_hash, count in _inside(bench).items():
                    worst[key_hash] = max(worst[key_hash], count)

        def work() -> None:
            while bench.rows.exclude(status=Status.SUCCESSFUL).exists():
                for number, job in enumerate(bench.again(partial(bench.claim, limit=3))):
                    outcome = release(job) if number == 2 else success(job)
                    bench.again(partial(_finish_and_hand_on, bench, outcome, keys))

        def work_all() -> None:
            try:
                bench.in_threads(*[work] * 3)
            finally:
                done.set()

        bench.in_threads(watch, work_all)
        assert bench.rows.filter(status=Status.SUCCESSFUL).count() == 90
        assert max(worst.values()) <= LIMIT

    def test_who_comes_while_the_last_one_ends_does_not_wait_for_ever(self, bench: Bench) -> None:
        for number in range(20):
            key = bench.key(f"key {number}")
            holder = bench.blocked(key)
            bench.admit(key)
            (claimed,) = bench.claim()
            waiter = bench.new(status=Status.BLOCKED, concurrency=key)
            finish = partial(_finish_and_hand_on, bench, success(claimed), [key])
            bench.in_threads(partial(bench.again, finish), partial(_insert_and_let_in, bench, waiter, key))
            assert bench.statuses(holder, waiter) == [Status.SUCCESSFUL, Status.READY]
            bench.empty()

    def test_a_job_discarded_by_hand_is_not_let_in(self, bench: Bench) -> None:
        key = bench.key("one", limit=50)
        for _ in range(10):
            bench.insert(*(bench.new(status=Status.BLOCKED, concurrency=key) for _ in range(20)))
            discard = partial(
                bench.rows.filter(status=Status.BLOCKED).update,
                status=Status.DISCARDED,
                finished_at=bench.dialect.now(),
            )
            _, discarded = bench.in_threads(
                partial(bench.again, partial(bench.admit, key)), partial(bench.again, discard)
            )
            assert bench.rows.filter(status=Status.DISCARDED).count() == discarded
            assert not bench.rows.filter(status=Status.READY, finished_at__isnull=False).exists()
            bench.empty()


def _keys(bench: Bench) -> list[Concurrency]:
    return [bench.key(f"key {number}", LIMIT) for number in range(KEYS)]


def _inside(bench: Bench) -> Counter[str]:
    """How many jobs of each key are in."""
    inside = bench.rows.filter(status__in=[Status.READY, Status.CLAIMED])
    return Counter(key for key in inside.values_list("concurrency_hash", flat=True) if key)


def _finish_and_hand_on(bench: Bench, outcome: Outcome, keys: list[Concurrency]) -> None:
    with bench.dialect.atomic():
        bench.dialect.finish([outcome])
        bench.dialect.admit([key.key_hash for key in keys])


def _insert_and_let_in(bench: Bench, job: NewJob, key: Concurrency) -> None:
    bench.again(partial(bench.insert, job))
    bench.again(partial(bench.admit, key))
