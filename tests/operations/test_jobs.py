"""Jobs in an operator's hands: retried or discarded, one or many, each once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from dj_queue.contract import SCHEDULED, Status
from dj_queue.exceptions import JobNotFound
from dj_queue.operations import jobs as operations
from dj_queue.operations.finish import finish
from dj_queue.operations.promote import promote_due
from tests.operations import listener
from tests.operations.outcomes import failure, success
from tests.project import tasks

BAD_IDS = ["", "nonsense", "0189000000007000800000000000000", 5, None]
DISCARDS = {
    Status.FAILED: operations.discard_failed_jobs,
    Status.READY: operations.discard_ready_jobs,
    Status.SCHEDULED: operations.discard_scheduled_jobs,
    Status.BLOCKED: operations.discard_blocked_jobs,
}


@pytest.fixture
def failed(services, on, take):
    """`failed(count)` are failed jobs; `task` and its arguments may be given."""

    def make(count=1, task=tasks.add, args=(1, 2)):
        results = on(task).get_backend().enqueue_all([(on(task), args, {})] * count)
        wanted = {result.id for result in results}
        while held := take(limit=100):
            finish(services, [failure(job) for job in held if str(job.id) in wanted])
        return results

    return make


def stored(jobs, result):
    return jobs.get(id=result.id)


def put_in(status, rows):
    ended = datetime(2020, 1, 1, tzinfo=UTC) if status.is_finished else None
    rows.update(status=status, finished_at=ended)


def test_a_failed_job_is_ready_again_and_keeps_its_errors(backend_alias, failed, jobs, take, heard):
    (result,) = failed()
    jobs.update(lost=3)
    heard.announced.clear()
    job = operations.retry_failed_job(result.id, backend_alias=backend_alias)
    assert (str(job.id), job.status, job.attempts, job.lost) == (result.id, Status.READY, 1, 0)
    assert (job.finished_at, job.process_id, job.claimed_at) == (None, None, None)
    assert len(job.errors) == 1
    assert heard.announced == [["default"]]
    (again,) = take()
    assert (again.attempt, again.lost, len(again.errors)) == (2, 0, 1)


@pytest.mark.parametrize("as_id", [str, UUID, lambda text: text.replace("-", "").upper()])
def test_a_job_is_named_by_its_id_in_any_spelling(backend_alias, failed, as_id):
    first, second = failed(2)
    assert operations.retry_failed_job(as_id(first.id), backend_alias=backend_alias)
    assert operations.discard_failed_job(as_id(second.id), backend_alias=backend_alias) == 1


@pytest.mark.parametrize("bad_id", [*BAD_IDS, "01890000-0000-7000-8000-000000000000"], ids=repr)
def test_an_id_of_no_failed_job_is_refused(backend_alias, failed, bad_id):
    failed()
    for call in (operations.retry_failed_job, operations.discard_failed_job):
        with pytest.raises(JobNotFound, match=r"no failed job|not a job id"):
            call(bad_id, backend_alias=backend_alias)


@pytest.mark.parametrize("bad_id", BAD_IDS, ids=repr)
def test_of_many_ids_with_a_bad_one_none_is_touched(backend_alias, failed, jobs, bad_id):
    (result,) = failed()
    for call in (operations.retry_failed_jobs, *DISCARDS.values()):
        with pytest.raises(JobNotFound, match="not a job id"):
            call(job_ids=[result.id, bad_id], backend_alias=backend_alias)
    assert jobs.get().status == Status.FAILED


def test_only_failed_jobs_are_retried(backend_alias, services, on, jobs):
    results = [on(tasks.add).enqueue(1, 1) for _ in Status]
    for status, result in zip(Status, results, strict=True):
        put_in(status, jobs.filter(id=result.id))
    assert operations.retry_failed_jobs(backend_alias=backend_alias) == 1
    for status, result in zip(Status, results, strict=True):
        if status is not Status.FAILED:
            with pytest.raises(JobNotFound):
                operations.retry_failed_job(result.id, backend_alias=backend_alias)
            assert stored(jobs, result).status == status


@pytest.mark.fault(38)
def test_all_failed_jobs_are_retried_in_short_transactions(backend_alias, failed, jobs, heard):
    failed(7)
    heard.announced.clear()
    assert operations.retry_failed_jobs(batch_size=3, backend_alias=backend_alias) == 7
    assert set(jobs.values_list("status", flat=True)) == {Status.READY}
    assert heard.announced == [["default"]] * 3
    assert operations.retry_failed_jobs(backend_alias=backend_alias) == 0


def test_the_named_ones_are_retried_and_unknown_ids_do_no_harm(backend_alias, failed, jobs):
    results = failed(5)
    wanted = [result.id for result in results[:3]]
    named = iter([*wanted, *wanted, uuid4()])
    assert operations.retry_failed_jobs(job_ids=named, batch_size=2, backend_alias=backend_alias) == 3
    assert {str(job.id) for job in jobs.filter(status=Status.READY)} == set(wanted)
    assert operations.retry_failed_jobs(job_ids=[], backend_alias=backend_alias) == 0


def test_no_statement_names_more_ids_than_a_batch_has(backend_alias, failed, statements):
    (result,) = failed()
    named = [*(uuid4() for _ in range(1000)), result.id]
    with statements() as seen:
        assert operations.retry_failed_jobs(job_ids=named, batch_size=100, backend_alias=backend_alias) == 1
    assert len(seen) >= 11
    assert max(len(sql) for sql in seen) < 100 * 50 + 2000


@pytest.mark.fault(38)
def test_retries_at_once_retry_each_job_once(backend_alias, failed, jobs, at_once):
    failed(30)
    for _ in range(10):
        failed(task=tasks.per_account, args=("a",))

    def retry():
        return operations.retry_failed_jobs(batch_size=7, backend_alias=backend_alias)

    assert sum(at_once(retry, retry, retry)) == 40
    assert jobs.filter(status=Status.READY, concurrency_hash=None).count() == 30
    assert jobs.filter(status=Status.READY).exclude(concurrency_hash=None).count() == 1
    assert jobs.filter(status=Status.BLOCKED).count() == 9


def test_retries_of_a_key_go_through_its_gate(services, backend_alias, failed, jobs, take):
    for _ in range(3):
        failed(task=tasks.per_account, args=("a",))
    assert operations.retry_failed_jobs(backend_alias=backend_alias) == 3
    assert sorted(jobs.values_list("status", flat=True)) == [Status.BLOCKED, Status.BLOCKED, Status.READY]
    for _ in range(3):
        (job,) = take()
        finish(services, [success(job)])
    assert set(jobs.values_list("status", flat=True)) == {Status.SUCCESSFUL}


def test_a_retried_discarding_job_waits_for_its_slot(services, on, backend_alias, failed, jobs):
    (result,) = failed(task=tasks.singleton, args=())
    on(tasks.singleton).enqueue()
    job = operations.retry_failed_job(result.id, backend_alias=backend_alias)
    assert job.status == Status.BLOCKED


def test_inside_a_transaction_gates_and_wakeups_follow_its_commit(
    services, backend_alias, failed, jobs, heard
):
    failed(task=tasks.per_account, args=("a",))
    failed()
    heard.announced.clear()
    with transaction.atomic(using=services.database.alias):
        assert operations.retry_failed_jobs(backend_alias=backend_alias) == 2
        assert sorted(jobs.values_list("status", flat=True)) == [Status.BLOCKED, Status.READY]
        assert heard.announced == []
    assert set(jobs.values_list("status", flat=True)) == {Status.READY}
    assert ["default"] in heard.announced


def test_a_retry_that_rolls_back_never_was(services, backend_alias, failed, jobs, heard):
    failed()
    heard.announced.clear()
    with transaction.atomic(using=services.database.alias):
        operations.retry_failed_jobs(backend_alias=backend_alias)
        transaction.set_rollback(True, using=services.database.alias)
    assert jobs.get().status == Status.FAILED
    assert heard.announced == []


def test_a_retry_can_wait_for_a_moment(backend_alias, failed, jobs):
    (result,) = failed()
    due = datetime(2030, 1, 1, tzinfo=UTC)
    job = operations.schedule_failed_job_retry(result.id, retry_at=due, backend_alias=backend_alias)
    assert (job.status, job.run_after, job.finished_at) == (Status.SCHEDULED, due, None)
    with pytest.raises(JobNotFound):
        operations.schedule_failed_job_retry(result.id, retry_at=due, backend_alias=backend_alias)


@pytest.mark.parametrize(("delay", "announced"), [(0, [[SCHEDULED]]), (3600, [])])
def test_dispatchers_are_told_of_a_retry_that_is_due_before_they_look(
    failed, backend_alias, heard, delay, announced
):
    (result,) = failed()
    heard.announced.clear()
    due = datetime.now(UTC) + timedelta(seconds=delay)
    operations.schedule_failed_job_retry(result.id, retry_at=due, backend_alias=backend_alias)
    assert heard.announced == announced


@pytest.fixture
def run_at_once(configure, heard, take, monkeypatch):
    """A worker that runs what it is told of before the announcement returns; finished jobs are not kept."""
    services = configure(preserve_finished_jobs=False)

    def run(queues):
        promote_due(services, 10)
        finish(services, [success(job) for job in take()])

    def start():
        monkeypatch.setattr(listener.transport, "announce", run)

    return start


def test_a_retried_job_that_ran_and_was_dropped_at_once_is_returned_as_it_was_retried(
    backend_alias, failed, jobs, run_at_once
):
    (result,) = failed()
    run_at_once()
    job = operations.retry_failed_job(result.id, backend_alias=backend_alias)
    assert not jobs.exists()
    assert (str(job.id), job.status, job.finished_at, len(job.errors)) == (result.id, Status.READY, None, 1)


def test_a_retry_for_a_moment_that_ran_and_was_dropped_at_once_is_returned_as_it_was_scheduled(
    backend_alias, failed, jobs, run_at_once
):
    (result,) = failed()
    run_at_once()
    due = datetime(2020, 1, 1, tzinfo=UTC)
    job = operations.schedule_failed_job_retry(result.id, retry_at=due, backend_alias=backend_alias)
    assert not jobs.exists()
    assert (str(job.id), job.status, job.run_after) == (result.id, Status.SCHEDULED, due)


@pytest.mark.parametrize("status", DISCARDS)
def test_jobs_of_one_status_are_discarded_all_or_named(backend_alias, services, on, jobs, status):
    results = [on(tasks.add).enqueue(n, n) for n in range(6)]
    put_in(status, jobs)
    others = [on(tasks.add).enqueue(1, 1) for _ in Status]
    for other_status, result in zip(Status, others, strict=True):
        put_in(other_status, jobs.filter(id=result.id))
    discard = DISCARDS[status]
    assert discard(job_ids=[results[0].id, others[0].id], backend_alias=backend_alias) == (
        2 if status is Status.READY else 1
    )
    assert discard(batch_size=2, backend_alias=backend_alias) == (5 if status is Status.READY else 6)
    for other_status, result in zip(Status, others, strict=True):
        expected = Status.DISCARDED if other_status is status else other_status
        assert stored(jobs, result).status == expected
    job = stored(jobs, results[1])
    assert (job.status, job.slot_until) == (Status.DISCARDED, None)
    assert abs(job.finished_at - services.dialect.now()) < timedelta(minutes=1)


def test_discarding_a_job_that_holds_a_slot_hands_it_on(services, on, backend_alias, jobs, heard):
    for number in range(2):
        on(tasks.per_account, queue_name=f"q{number}").enqueue("a")
    heard.announced.clear()
    assert operations.discard_ready_jobs(backend_alias=backend_alias) == 1
    assert list(jobs.order_by("id").values_list("status", flat=True)) == [Status.DISCARDED, Status.READY]
    assert heard.announced == [["q1"]]


def test_a_running_job_cannot_be_discarded_and_keeps_its_outcome(services, on, backend_alias, take):
    on(tasks.add).enqueue(1, 2)
    (job,) = take()
    for discard in DISCARDS.values():
        assert discard(job_ids=[job.id], backend_alias=backend_alias) == 0
    assert finish(services, [success(job)]).recorded == {job.id}


@pytest.mark.fault(38)
def test_claims_and_discards_at_once_never_have_the_same_job(
    services, on, backend_alias, take, jobs, at_once
):
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(120)])

    def claim_all():
        taken = []
        while jobs.filter(status=Status.READY).exists():
            taken += take(limit=5)
        return taken

    def discard():
        return operations.discard_ready_jobs(batch_size=5, backend_alias=backend_alias)

    taken, discarded = at_once(claim_all, discard)
    assert len(taken) + discarded == 120
    assert jobs.filter(status=Status.DISCARDED).count() == discarded
    assert {job.id for job in taken} == set(jobs.filter(status=Status.CLAIMED).values_list("id", flat=True))


def test_jobs_of_another_backend_alias_are_not_found(backend_alias, failed, jobs):
    (result,) = failed()
    jobs.update(backend_alias="another")
    with pytest.raises(JobNotFound, match=repr(backend_alias)):
        operations.retry_failed_job(result.id, backend_alias=backend_alias)
    assert operations.retry_failed_jobs(backend_alias=backend_alias) == 0
    assert operations.discard_failed_jobs(job_ids=[result.id], backend_alias=backend_alias) == 0
