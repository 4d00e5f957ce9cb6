"""Concurrency: slots are counted from the jobs, run out when nobody uses them, and are never lost."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from dj_queue.contract import Status
from dj_queue.models import Semaphore
from dj_queue.operations.concurrency import KEYS_AT_ONCE, UNUSED_AFTER, expire_slots, forget_unused, sweep
from dj_queue.operations.finish import finish
from tests.operations.outcomes import failure, release, success
from tests.project import tasks

pytestmark = pytest.mark.every_server

PAST = datetime(2020, 1, 1, tzinfo=UTC)


def statuses(jobs):
    return list(jobs.order_by("id").values_list("status", flat=True))


@pytest.fixture
def two(on):
    """Two jobs of one key: the first is in, the second waits."""
    return [on(tasks.per_account, queue_name=f"q{number}").enqueue("a") for number in range(2)]


@pytest.mark.fault(42)
def test_the_sweep_finds_a_free_slot_that_nobody_handed_on(services, two, jobs, heard):
    jobs.filter(id=two[0].id).update(status=Status.SUCCESSFUL, finished_at=PAST)
    heard.announced.clear()
    assert sweep(services) == 1
    assert statuses(jobs) == [Status.SUCCESSFUL, Status.READY]
    assert heard.announced == [["q1"]]
    assert sweep(services) == 0


@pytest.mark.fault(59)
@pytest.mark.parametrize("holder", [Status.READY, Status.CLAIMED])
def test_a_holder_deleted_by_hand_leaks_no_slot(services, two, jobs, holder):
    jobs.filter(id=two[0].id).update(status=holder)
    jobs.filter(id=two[0].id).delete()
    assert sweep(services) == 1
    assert statuses(jobs) == [Status.READY]


def test_a_key_deleted_by_hand_is_made_again(services, two, jobs, take):
    Semaphore.objects.using(services.database.alias).all().delete()
    (job,) = take()
    finish(services, [success(job)])
    assert statuses(jobs) == [Status.SUCCESSFUL, Status.READY]
    assert Semaphore.objects.using(services.database.alias).get().key == "account:a"


def test_jobs_blocked_by_a_crash_before_their_gate_are_let_in(services, on, jobs):
    for number in range(45):
        on(tasks.per_account).enqueue(number)
    jobs.update(status=Status.BLOCKED, slot_until=None)
    assert sweep(services) == 45
    assert set(statuses(jobs)) == {Status.READY}


def test_a_sweep_can_be_left_between_two_parts_and_the_next_finds_the_rest(services, on, jobs):
    for number in range(45):
        on(tasks.per_account).enqueue(number)
    jobs.update(status=Status.BLOCKED, slot_until=None)
    answers = iter([True])
    assert sweep(services, lambda: next(answers, False)) == KEYS_AT_ONCE
    assert sweep(services) == 45 - KEYS_AT_ONCE


def test_a_slot_that_found_no_worker_goes_to_one_who_waits(services, two, jobs, take):
    jobs.filter(id=two[0].id).update(slot_until=PAST)
    assert sweep(services) == 1
    assert statuses(jobs) == [Status.BLOCKED, Status.READY]
    (job,) = take()
    finish(services, [success(job)])
    assert statuses(jobs) == [Status.READY, Status.SUCCESSFUL]


def test_a_slot_whose_time_is_not_over_stays(services, two, jobs):
    assert sweep(services) == 0
    assert statuses(jobs) == [Status.READY, Status.BLOCKED]


@pytest.mark.fault(42)
def test_a_claimed_job_keeps_its_slot_however_long_it_runs(services, two, jobs, take):
    take()
    jobs.filter(id=two[0].id).update(slot_until=PAST)
    assert sweep(services) == 0
    assert statuses(jobs) == [Status.CLAIMED, Status.BLOCKED]


def test_a_slot_nobody_waits_for_does_not_run_out(services, on, jobs):
    on(tasks.per_account).enqueue("a")
    jobs.update(slot_until=PAST)
    assert sweep(services) == 0
    assert statuses(jobs) == [Status.READY]


def test_jobs_that_lost_their_slots_do_not_take_them_from_each_other(services, two, jobs):
    jobs.update(slot_until=PAST)
    assert sweep(services) == 0
    assert statuses(jobs) == [Status.READY, Status.BLOCKED]


def test_a_job_given_back_does_not_hold_its_slot_for_ever(services, two, jobs, take):
    (job,) = take()
    jobs.filter(id=two[0].id).update(slot_until=PAST)
    finish(services, [release(job)])
    assert statuses(jobs) == [Status.READY, Status.BLOCKED]
    assert sweep(services) == 1
    assert statuses(jobs) == [Status.BLOCKED, Status.READY]


def test_slots_of_contested_keys_run_out_however_many_others_are_late(services, on, jobs):
    for number in range(30):
        on(tasks.per_account).enqueue(number)
    on(tasks.per_account).enqueue(7)
    jobs.filter(status=Status.READY).update(slot_until=PAST)
    assert sweep(services) == 1
    assert jobs.filter(status=Status.BLOCKED, args=[7]).count() == 1
    assert jobs.filter(status=Status.READY).count() == 30


def test_slots_of_other_backend_aliases_are_their_own_business(services, two, jobs):
    jobs.filter(id=two[0].id).update(slot_until=PAST)
    jobs.update(backend_alias="another")
    hashes = set(jobs.values_list("concurrency_hash", flat=True))
    assert expire_slots(services, hashes, services.dialect.now()) == 0
    assert sweep(services) == 0
    assert statuses(jobs) == [Status.READY, Status.BLOCKED]


def test_the_duration_of_a_task_is_how_long_its_slot_may_wait(configure, on, jobs):
    services = configure(default_concurrency_duration=1000)
    on(tasks.per_account).enqueue("a")
    wait = jobs.get().slot_until - services.dialect.now()
    assert timedelta(seconds=900) < wait <= timedelta(seconds=1000)


def test_keys_unused_for_long_are_forgotten_and_no_others(services, on, jobs, take):
    for account in ("running", "blocked", "blocked", "done", "done lately"):
        on(tasks.per_account, queue_name=account).enqueue(account)
    (running,) = take("running")
    done = take("done*")
    finish(services, [success(job) for job in done])
    rows = Semaphore.objects.using(services.database.alias)
    old = services.dialect.now() - UNUSED_AFTER - timedelta(minutes=1)
    rows.exclude(key="account:done lately").update(used_at=old)
    assert forget_unused(services) == 1
    keys = {"account:running", "account:blocked", "account:done lately"}
    assert set(rows.values_list("key", flat=True)) == keys
    finish(services, [failure(running)])


def test_forgetting_goes_on_until_nothing_is_due(services, on):
    rows = Semaphore.objects.using(services.database.alias)
    rows.bulk_create(
        Semaphore(key_hash=f"{number:064}", key=str(number), limit=1, used_at=PAST) for number in range(1201)
    )
    on(tasks.per_account).enqueue("a")
    assert forget_unused(services, lambda: False) == 0
    assert forget_unused(services) == 1201
    assert rows.count() == 1


@pytest.mark.fault(41)
def test_the_limit_holds_while_workers_finish_and_producers_enqueue(services, on, jobs, take, at_once):
    total = 60
    done = threading.Event()

    def watch():
        return max(most_inside(jobs) for _ in iter(done.is_set, True))

    def produce():
        for number in range(total // 2):
            on(tasks.per_account).enqueue(number % 3)

    def work():
        while jobs.filter(status=Status.SUCCESSFUL).count() < total:
            finish(services, [success(job) for job in take(limit=2)])

    def work_and_end():
        try:
            at_once(produce, produce, work, work)
        finally:
            done.set()

    worst, _ = at_once(watch, work_and_end)
    assert worst == 1
    assert set(statuses(jobs)) == {Status.SUCCESSFUL}


def most_inside(jobs):
    """How many jobs of one key are in at most."""
    inside = jobs.filter(status__in=[Status.READY, Status.CLAIMED])
    return max(Counter(inside.values_list("concurrency_hash", flat=True)).values(), default=0)
