"""Promote: due jobs become ready by the database's clock, and those with a key go through their gate."""

from datetime import timedelta

import pytest

from dj_queue.contract import Status, events
from dj_queue.operations.promote import promote_due, seconds_until_due
from tests.project import tasks


@pytest.fixture
def due(services, on):
    """`due(task, *args)` is a job that was due a minute ago; `at` moves that."""

    def enqueue(task, *args, at=timedelta(minutes=-1), **changes):
        return on(task, run_after=services.dialect.now() + at, **changes).enqueue(*args)

    return enqueue


def test_due_jobs_are_promoted_and_announced_in_batches(services, due, jobs, heard):
    for number in range(5):
        due(tasks.add, number, 0, queue_name=f"q{number % 2}")
    due(tasks.add, 9, 9, at=timedelta(hours=1))
    heard.announced.clear()
    assert [promote_due(services, 3) for _ in range(3)] == [3, 2, 0]
    assert jobs.filter(status=Status.READY).count() == 5
    assert heard.announced == [["q0", "q1"], ["q0", "q1"]]
    assert [event.count for event in heard.events if event.name == events.PROMOTE] == [3, 2]


def test_due_jobs_of_a_key_enter_as_far_as_slots_are_free(services, due, jobs, take, heard):
    first, second = due(tasks.per_account, "a"), due(tasks.per_account, "a")
    other = due(tasks.per_account, "b", queue_name="other")
    heard.announced.clear()
    assert promote_due(services, 10) == 3
    assert {str(job.id) for job in take()} == {first.id, other.id}
    assert jobs.get(id=second.id).status == Status.BLOCKED
    assert heard.announced == [["default", "other"]]


def test_a_due_discarding_job_without_a_slot_is_discarded(services, on, due, jobs):
    on(tasks.singleton).enqueue()
    late = due(tasks.singleton)
    promote_due(services, 10)
    assert jobs.get(id=late.id).status == Status.DISCARDED


def test_the_wait_for_the_next_due_job_is_known(services, due):
    assert seconds_until_due(services) is None
    due(tasks.add, 1, 1, at=timedelta(hours=2))
    due(tasks.add, 1, 1, at=timedelta(hours=1))
    assert 3500 < seconds_until_due(services) <= 3600
    due(tasks.add, 1, 1)
    assert seconds_until_due(services) == 0.0


def test_a_scheduled_job_without_a_moment_hides_no_due_one(services, due, jobs):
    stray = due(tasks.add, 1, 1)
    jobs.filter(id=stray.id).update(run_after=None)
    assert seconds_until_due(services) is None
    due(tasks.add, 1, 1)
    assert seconds_until_due(services) == 0.0
    assert promote_due(services, 10) == 1


def test_promoters_at_once_promote_each_job_once(services, due, jobs, at_once):
    for number in range(40):
        due(tasks.add, number, 0)
        due(tasks.per_account, number % 3)

    def promote():
        count = 0
        while jobs.filter(status=Status.SCHEDULED).exists():
            count += promote_due(services, 7)
        return count

    assert sum(at_once(promote, promote)) == 80
    assert jobs.filter(status=Status.READY, concurrency_hash=None).count() == 40
    assert jobs.filter(status=Status.READY).exclude(concurrency_hash=None).count() == 3
