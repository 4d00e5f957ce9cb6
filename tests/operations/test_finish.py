"""Finish: groups behind their fence; freed slots handed on in the same transaction."""

from uuid import uuid4

import pytest

from dj_queue.contract import SCHEDULED, Status, events
from dj_queue.operations.finish import finish, mark_started
from dj_queue.operations.recover import recover_silent
from tests.operations.outcomes import failure, release, retry, success
from tests.project import tasks


class Broken(Exception):
    pass


@pytest.mark.smoke
def test_a_held_job_gets_its_outcome_and_the_result_can_be_read(services, on, take):
    result = on(tasks.add).enqueue(1, 2)
    (job,) = take()
    done = finish(services, [success(job, "3")])
    assert (done.recorded, done.fenced) == ({job.id}, frozenset())
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == ("SUCCESSFUL", 3, 1)
    assert result.started_at and result.finished_at and result.last_attempted_at


@pytest.mark.parametrize(("delay", "announced"), [(0.2, [[SCHEDULED]]), (60.0, [])])
def test_dispatchers_are_told_of_a_retry_that_is_due_before_they_look(
    services, on, take, heard, delay, announced
):
    for _ in range(2):
        on(tasks.add).enqueue(1, 2)
    first, second = take()
    heard.announced.clear()
    finish(services, [retry(first, delay), retry(second, 3600.0)])
    assert heard.announced == announced


@pytest.mark.fault(5)
def test_a_late_finish_of_a_pruned_worker_changes_nothing_and_is_counted(
    services, on, take, jobs, register, heard
):
    on(tasks.add).enqueue(1, 2)
    zombie = register(silent=True)
    (job,) = take(process_id=zombie)
    assert recover_silent(services) == 1
    (again,) = take(process_id=register())
    before = list(jobs.values())
    done = finish(services, [success(job, '"late"')])
    assert (done.recorded, done.fenced) == (frozenset(), {job.id})
    assert list(jobs.values()) == before
    assert [event.count for event in heard.events if event.name == events.FENCED] == [1]
    assert finish(services, [success(again, "3")]).recorded == {job.id}


@pytest.mark.fault(59)
def test_an_outcome_of_a_job_deleted_by_hand_is_dropped_and_counted(services, on, take, jobs, heard):
    on(tasks.add).enqueue(1, 2)
    (job,) = take()
    jobs.all().delete()
    assert finish(services, [success(job)]).fenced == {job.id}
    assert [event.count for event in heard.events if event.name == events.FENCED] == [1]


@pytest.mark.parametrize("ending", [success, failure, retry])
def test_an_end_hands_its_slot_on_and_says_so(services, on, take, jobs, heard, ending):
    first, second = (on(tasks.per_account, queue_name=f"q{n}").enqueue("a") for n in range(2))
    (job,) = take()
    heard.announced.clear()
    finish(services, [ending(job)])
    (announced,) = heard.announced
    assert set(announced) - {SCHEDULED} == {"q1"}
    assert jobs.get(id=second.id).status == Status.READY
    assert [str(job.id) for job in take()] == [second.id]
    assert jobs.get(id=first.id).status != Status.BLOCKED


@pytest.mark.fault(42)
def test_an_end_and_the_hand_over_of_its_slot_are_one_transaction(services, on, take, jobs, monkeypatch):
    on(tasks.per_account).get_backend().enqueue_all([(on(tasks.per_account), ("a",), {})] * 2)
    (job,) = take()

    def failing(key_hashes):
        raise Broken

    monkeypatch.setattr(services.dialect, "admit", failing)
    with pytest.raises(Broken):
        finish(services, [success(job)])
    assert [job.status for job in jobs.order_by("id")] == [Status.CLAIMED, Status.BLOCKED]


@pytest.mark.fault(5)
def test_a_late_finish_hands_on_no_slot(services, on, take, jobs):
    for _ in range(3):
        on(tasks.per_account).enqueue("a")
    (job,) = take()
    finish(services, [success(job)])
    finish(services, [success(job)])
    assert [job.status for job in jobs.order_by("id")] == [Status.SUCCESSFUL, Status.READY, Status.BLOCKED]


def test_a_release_keeps_its_slot_and_wakes_others_for_its_queue(services, on, take, jobs, heard):
    first, second = (on(tasks.per_account, queue_name=f"q{n}").enqueue("a") for n in range(2))
    (job,) = take()
    heard.announced.clear()
    finish(services, [release(job)])
    assert heard.announced == [["q0"]]
    assert [jobs.get(id=r.id).status for r in (first, second)] == [Status.READY, Status.BLOCKED]


def test_a_group_for_many_keys_hands_on_every_slot(services, on, take, jobs):
    calls = [(on(tasks.per_account), (f"account {n % 10}",), {}) for n in range(20)]
    on(tasks.per_account).get_backend().enqueue_all(calls)
    held = take(limit=50)
    assert len(held) == 10
    finish(services, [success(job) for job in held])
    assert len(take(limit=50)) == 10
    assert not jobs.filter(status=Status.BLOCKED).exists()


def test_successful_jobs_are_dropped_where_they_are_not_kept(configure, on, take, jobs):
    services = configure(preserve_finished_jobs=False)
    for number in range(4):
        on(tasks.add).enqueue(number, 0)
    on(tasks.per_account).get_backend().enqueue_all([(on(tasks.per_account), ("a",), {})] * 2)
    first, second, third, fourth, keyed = take()
    outcomes = [success(first), failure(second), release(third), retry(fourth, 60), success(keyed)]
    assert finish(services, outcomes).recorded == {outcome.job_id for outcome in outcomes}
    statuses = [Status.FAILED, Status.READY, Status.SCHEDULED, Status.READY]
    assert list(jobs.order_by("id").values_list("status", flat=True)) == statuses


def test_a_late_finish_drops_no_job_that_another_holds(configure, on, take, jobs):
    services = configure(preserve_finished_jobs=False)
    on(tasks.add).enqueue(1, 2)
    (job,) = take()
    finish(services, [release(job)])
    take()
    finish(services, [success(job)])
    assert jobs.get().status == Status.CLAIMED


def test_a_finish_is_told_with_the_number_written(services, on, take, heard):
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(3)])
    finish(services, [success(job) for job in take()])
    (event,) = [event for event in heard.events if event.name == events.FINISH]
    assert (event.count, event.backend_alias) == (3, services.alias)


def test_a_start_marks_the_row_of_who_holds_it(services, on, take, jobs):
    from dj_queue.contract import Started

    on(tasks.add).enqueue(1, 2)
    (job,) = take()
    now = services.dialect.now()
    mark_started(services, [Started(job.id, job.attempt, uuid4(), now)])
    assert jobs.get().last_attempted_at is None
    mark_started(services, [Started(job.id, job.attempt, job.process_id, now)])
    assert jobs.get().last_attempted_at == now
