"""Recover: nothing that a dead process held is lost, and nothing is done twice for it."""

import json
import signal
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dj_queue.contract import MOST_ATTEMPTS, Started, Status, events
from dj_queue.exceptions import ProcessExitError
from dj_queue.models import Process
from dj_queue.operations.finish import finish, mark_started
from dj_queue.operations.recover import recover_ownerless, recover_process, recover_silent
from tests.operations.outcomes import success
from tests.project import tasks

KILLED = ProcessExitError(f"the worker was ended by {signal.SIGKILL.name}")


@pytest.fixture
def claimed(on, take, register):
    """`claimed(task, *args)` is that job in the hands of a process of its own."""

    def claim_one(task, *args):
        result = on(task).enqueue(*args)
        return next(job for job in take(process_id=register(), limit=100) if str(job.id) == result.id)

    return claim_one


def start(services, job):
    mark_started(services, [Started(job.id, job.attempt, job.process_id, datetime.now(UTC))])


def test_the_end_of_a_process_is_not_held_against_a_job_that_had_ended(services, claimed, jobs):
    job = claimed(tasks.add, 1, 2)
    assert recover_process(services, job.process_id, KILLED, {job.id}, {job.id}) == 1
    row = jobs.get()
    assert (row.status, row.attempts, row.lost, len(row.errors)) == (Status.READY, 1, 0, 1)


def test_what_never_started_goes_back_uncounted(services, claimed, jobs, heard, signalled):
    job = claimed(tasks.add, 1, 2)
    heard.announced.clear()
    assert recover_process(services, job.process_id, KILLED) == 1
    row = jobs.get()
    assert (row.status, row.attempts, row.lost, row.errors) == (Status.READY, 0, 0, None)
    assert heard.announced == [["default"]]
    assert heard.retried == heard.finished == []
    assert [name for name, *_ in signalled] == ["task_enqueued"]


@pytest.mark.parametrize("knows", ["row", "supervisor"])
def test_what_had_started_is_ready_again_and_counted_as_lost(services, claimed, jobs, heard, knows):
    job = claimed(tasks.add, 1, 2)
    if knows == "row":
        start(services, job)
    started = {job.id} if knows == "supervisor" else set()
    assert recover_process(services, job.process_id, KILLED, started) == 1
    row = jobs.get()
    assert (row.status, row.attempts, row.lost) == (Status.READY, 1, 1)
    assert (row.started_at is not None, row.process_id) == (True, None)
    (entry,) = row.errors
    assert entry["class"] == "dj_queue.exceptions.ProcessExitError"
    assert "SIGKILL" in entry["traceback"]
    assert (entry["attempt"], entry["worker"]) == (1, str(job.process_id))
    ((info, ending),) = heard.retried[0]
    assert (info.id, info.attempt, ending.error_class) == (job.id, 1, entry["class"])


@pytest.mark.fault(54)
def test_lost_attempts_are_counted_up_to_their_limit_and_others_are_recovered(services, claimed, jobs):
    job, other = claimed(tasks.add, 1, 2), claimed(tasks.add, 3, 4)
    jobs.filter(id=other.id).update(process_id=job.process_id)
    jobs.filter(id=job.id).update(lost=MOST_ATTEMPTS)
    assert recover_process(services, job.process_id, KILLED, {job.id, other.id}) == 2
    assert (jobs.get(id=job.id).status, jobs.get(id=job.id).lost) == (Status.FAILED, MOST_ATTEMPTS)
    assert (jobs.get(id=other.id).status, jobs.get(id=other.id).lost) == (Status.READY, 1)


def test_after_three_lost_attempts_the_job_fails_with_each_cause(
    services, on, take, register, jobs, signalled
):
    result = on(tasks.add).enqueue(1, 2)
    for number in range(3):
        (job,) = take(process_id=register())
        assert (job.attempt, job.lost) == (number + 1, number)
        recover_process(services, job.process_id, KILLED, {job.id})
    assert take() == []
    result.refresh()
    assert (result.status, result.attempts, len(result.errors)) == ("FAILED", 3, 3)
    assert result.finished_at is not None
    assert all("SIGKILL" in error.traceback for error in result.errors)
    assert jobs.get().lost == 3
    assert signalled[1:] == [("task_finished", result.id, "FAILED")]


def test_the_number_of_attempts_that_may_be_lost_is_an_option(configure, on, take, register, jobs):
    services = configure(max_lost_attempts=1)
    on(tasks.add).enqueue(1, 2)
    (job,) = take(process_id=register())
    recover_process(services, job.process_id, KILLED, {job.id})
    assert jobs.get().status == Status.FAILED


def test_a_task_that_must_not_run_twice_fails_at_its_first_crash(services, claimed, jobs, heard):
    job = claimed(tasks.vanish_once, 3)
    start(services, job)
    recover_process(services, job.process_id, KILLED)
    row = jobs.get()
    assert (row.status, row.attempts, row.lost) == (Status.FAILED, 1, 1)
    ((info, _),) = heard.finished[0]
    assert info.id == job.id


def test_a_task_that_must_not_run_twice_goes_back_when_it_never_started(services, claimed, jobs):
    job = claimed(tasks.vanish_once, 3)
    recover_process(services, job.process_id, KILLED)
    assert (jobs.get().status, jobs.get().attempts) == (Status.READY, 0)


def test_errors_of_earlier_attempts_stay(services, on, take, register, jobs):
    on(tasks.add).enqueue(1, 2)
    (job,) = take()
    jobs.update(errors=[{"attempt": 1, "class": "first"}], lost=0)
    jobs.update(process_id=(process_id := register()))
    recover_process(services, process_id, KILLED, {job.id})
    assert [entry["class"] for entry in jobs.get().errors] == [
        "first",
        "dj_queue.exceptions.ProcessExitError",
    ]


def test_what_ended_before_its_process_died_is_left_as_it_is(services, claimed, jobs):
    job = claimed(tasks.add, 1, 2)
    finish(services, [success(job, "3")])
    assert recover_process(services, job.process_id, KILLED, {job.id}) == 0
    assert jobs.get().status == Status.SUCCESSFUL


def test_only_the_jobs_of_the_dead_process_are_touched(services, claimed, jobs):
    dead, alive = claimed(tasks.add, 1, 1), claimed(tasks.add, 2, 2)
    recover_process(services, dead.process_id, KILLED, {dead.id, alive.id})
    assert jobs.get(id=alive.id).status == Status.CLAIMED


def test_more_jobs_than_fit_one_batch_are_recovered(services, on, take, register, jobs, heard):
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(450)])
    process_id = register()
    take(process_id=process_id, limit=450)
    assert recover_process(services, process_id, KILLED) == 450
    assert set(jobs.values_list("status", "attempts")) == {(Status.READY, 0)}
    assert [event.count for event in heard.events if event.name == events.RECOVER] == [450]


def test_recoverers_at_once_count_and_tell_each_job_once(services, on, take, register, jobs, heard, at_once):
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(30)])
    process_id = register()
    started = {job.id for job in take(process_id=process_id, limit=30)}

    def recover():
        return recover_process(services, process_id, KILLED, started)

    assert sum(at_once(recover, recover, recover)) == 30
    assert set(jobs.values_list("status", "attempts", "lost")) == {(Status.READY, 1, 1)}
    assert sorted(info.id for batch in heard.retried for info, _ in batch) == sorted(started)


def test_a_slot_of_a_dead_process_stays_with_its_job(services, on, take, register, jobs):
    for _ in range(2):
        on(tasks.per_account).enqueue("a")
    (job,) = take(process_id=register())
    recover_process(services, job.process_id, KILLED, {job.id})
    assert [job.id for job in take()] == [job.id]
    assert list(jobs.order_by("id").values_list("status", flat=True)) == [Status.CLAIMED, Status.BLOCKED]


@pytest.mark.fault(42)
def test_a_job_that_fails_with_its_process_hands_its_slot_on(configure, on, take, register, jobs):
    services = configure(max_lost_attempts=1)
    for _ in range(2):
        on(tasks.per_account).enqueue("a")
    (job,) = take(process_id=register())
    recover_process(services, job.process_id, KILLED, {job.id})
    assert list(jobs.order_by("id").values_list("status", flat=True)) == [Status.FAILED, Status.READY]


def test_a_process_without_heartbeats_is_given_up_and_its_jobs_recovered(services, on, take, register, jobs):
    silent, speaking = register(silent=True), register()
    for process_id in (silent, speaking):
        on(tasks.add).enqueue(1, 2)
        take(process_id=process_id)
    assert recover_silent(services) == 1
    statuses = list(jobs.order_by("id").values_list("status", flat=True))
    assert statuses == [Status.READY, Status.CLAIMED]
    known = Process.objects.using(services.database.alias)
    assert list(known.values_list("id", flat=True)) == [speaking]
    assert recover_silent(services) == 0


def test_silent_supervisors_and_dispatchers_are_forgotten_too(services, register):
    for kind in ("supervisor", "dispatcher", "scheduler"):
        register(kind, silent=True)
    assert recover_silent(services) == 0
    assert not Process.objects.using(services.database.alias).exists()


def test_the_cause_of_a_silent_process_names_it(services, on, take, register, jobs):
    on(tasks.add).enqueue(1, 2)
    (job,) = take(process_id=register(silent=True))
    start(services, job)
    name = Process.objects.using(services.database.alias).get().name
    recover_silent(services)
    (entry,) = jobs.get().errors
    assert entry["class"] == "dj_queue.exceptions.ProcessPrunedError"
    assert name in entry["traceback"]


@pytest.mark.fault(59)
def test_jobs_whose_process_has_no_row_are_recovered(services, on, take, register, jobs):
    for process_id in (uuid4(), uuid4(), register()):
        on(tasks.add).enqueue(1, 2)
        take(process_id=process_id)
    jobs.filter(process_id=jobs.order_by("id").first().process_id).update(last_attempted_at=datetime.now(UTC))
    assert recover_ownerless(services) == 2
    rows = jobs.order_by("id")
    assert [row.status for row in rows] == [Status.READY, Status.READY, Status.CLAIMED]
    assert [row.lost for row in rows] == [1, 0, 0]
    assert rows[0].errors[0]["class"] == "dj_queue.exceptions.ProcessMissingError"
    assert recover_ownerless(services) == 0


def test_claimed_rows_that_name_no_process_are_given_back(services, on, take, jobs):
    on(tasks.add).enqueue(1, 2)
    take()
    jobs.update(process_id=None)
    assert recover_ownerless(services) == 1
    assert (jobs.get().status, jobs.get().claimed_at) == (Status.READY, None)


def test_rows_with_errors_of_another_shape_are_recovered_all_the_same(services, on, take, register, jobs):
    for shape in ({"a": 1}, 5, "text", [1, None, {"class": "kept"}], []):
        on(tasks.add).enqueue(1, 2)
        process_id = register()
        (job,) = take(process_id=process_id)
        jobs.filter(id=job.id).update(errors=shape)
        assert recover_process(services, process_id, KILLED, {job.id}) == 1
        stored = jobs.get(id=job.id)
        assert stored.errors[-1]["class"] == "dj_queue.exceptions.ProcessExitError"
        assert json.dumps(stored.errors)
        jobs.all().delete()


def test_other_backend_aliases_recover_their_own(services, on, take, register, jobs):
    on(tasks.add).enqueue(1, 2)
    (job,) = take(process_id=register(silent=True))
    jobs.update(backend_alias="another")
    Process.objects.using(services.database.alias).update(backend_alias="another")
    assert recover_silent(services) == recover_ownerless(services) == 0
    assert recover_process(services, job.process_id, KILLED) == 0
    assert jobs.get().status == Status.CLAIMED
