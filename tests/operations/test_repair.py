"""Repair: each stuck state, made by a hand in the tables, is found, set going by the usual operations, and gone."""

from uuid import UUID, uuid4

import pytest

from dj_queue.contract import Started, parse_selector
from dj_queue.operations import health, processes
from dj_queue.operations.anomalies import anomalies
from dj_queue.operations.anomaly import Kind
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import mark_started
from dj_queue.operations.repair import repair
from tests.project.tasks import add, per_account

MAX_AGE = 60.0
STUCK_AFTER = 600.0


@pytest.fixture
def look(services):
    """`look()`: what is wrong now."""

    def run():
        workers = [state for state in health.process_states(services) if state.kind == "worker"]
        return list(anomalies(services, workers, MAX_AGE, STUCK_AFTER))

    return run


@pytest.fixture
def mend(services, look):
    """`mend()` repairs what is wrong now and gives (kind, text) of each repair."""

    def run():
        treated = list(repair(services, look()))
        assert all(each.is_repaired for each in treated)
        return [(each.anomaly.kind, each.text) for each in treated]

    return run


@pytest.fixture
def left(services, look):
    """`left()`: the kinds of what is wrong now; a repair changes none of it and says why."""

    def run():
        found = look()
        treated = list(repair(services, found))
        assert all(not each.is_repaired and each.text for each in treated)
        assert look() == found
        return [each.anomaly.kind for each in treated]

    return run


@pytest.mark.fault(59)
def test_claims_go_back_when_the_table_of_processes_was_emptied(
    on, services, jobs, worker, surgeon, look, mend
):
    results = [on(add).enqueue(1, 1) for _ in range(3)]
    process = worker()
    claim(services, [parse_selector("*")], 3, process.id)
    assert look() == []
    surgeon.empty("dj_queue_process")
    assert [found.kind for found in look()] == [Kind.OWNERLESS]
    assert mend() == [
        (Kind.OWNERLESS, "3 jobs went back, or failed where the task or its lost attempts say so")
    ]
    assert look() == []
    assert set(jobs.values_list("id", "status", "attempts")) == {(as_id(r), "ready", 0) for r in results}


@pytest.mark.fault(59)
def test_started_jobs_of_a_deleted_process_count_as_lost_attempts(
    on, services, jobs, worker, surgeon, look, mend
):
    process = worker()
    for _ in range(2):
        on(add).enqueue(1, 1)
    first, second = claim(services, [parse_selector("*")], 2, process.id)
    now = services.dialect.now()
    mark_started(services, [Started(job.id, job.attempt, process.id, now) for job in (first, second)])
    surgeon.run("UPDATE dj_queue_job SET on_crash = 'fail' WHERE id = %s", second.id)
    surgeon.run("DELETE FROM dj_queue_process WHERE id = %s", process.id)
    mend()
    assert look() == []
    again, failed = jobs.get(id=first.id), jobs.get(id=second.id)
    assert (again.status, again.lost, failed.status) == ("ready", 1, "failed")
    assert failed.errors[-1]["class"].endswith("ProcessMissingError")


@pytest.mark.fault(59)
def test_claims_that_name_no_process_go_back(on, jobs, surgeon, look, mend):
    on(add).enqueue(1, 1)
    surgeon.run("UPDATE dj_queue_job SET status = 'claimed', process_id = NULL")
    assert [found.kind for found in look()] == [Kind.OWNERLESS]
    mend()
    assert look() == []
    assert jobs.get().status == "ready"


@pytest.mark.fault(59)
def test_a_row_restored_from_a_backup_that_holds_an_old_claim_goes_back(
    on, services, jobs, worker, surgeon, look, mend
):
    on(add).enqueue(1, 1)
    process = worker()
    (held,) = claim(services, [parse_selector("*")], 1, process.id)
    row = surgeon.backup(held.id)
    processes.deregister(services, process.id)
    surgeon.run("UPDATE dj_queue_job SET status = 'successful', process_id = NULL, finished_at = enqueued_at")
    assert look() == []
    surgeon.restore(row)
    assert [found.kind for found in look()] == [Kind.OWNERLESS]
    mend()
    assert look() == []
    assert jobs.get().status == "ready"


def test_a_process_that_registered_meanwhile_keeps_its_claims(on, services, jobs, worker, surgeon, look):
    on(add).enqueue(1, 1)
    process = worker()
    claim(services, [parse_selector("*")], 1, process.id)
    surgeon.empty("dj_queue_process")
    found = look()
    processes.register(services, process, uuid4(), {"queues": ["*"], "threads": 3})
    (treated,) = repair(services, found)
    assert treated.text.startswith("0 jobs")
    assert jobs.get().status == "claimed"


@pytest.mark.fault(59)
def test_jobs_beside_the_slot_of_a_deleted_job_get_in(on, jobs, surgeon, look, mend):
    first, second, third = (on(per_account).enqueue("a") for _ in range(3))
    surgeon.run("DELETE FROM dj_queue_job WHERE id = %s", as_id(first))
    assert [found.kind for found in look()] == [Kind.FREE_SLOT]
    assert mend() == [(Kind.FREE_SLOT, "1 job got in")]
    assert look() == []
    assert statuses(jobs, second, third) == ["ready", "blocked"]


@pytest.mark.fault(59)
def test_jobs_get_in_also_when_the_row_of_their_key_is_gone(on, jobs, surgeon, look, mend):
    first, second = on(per_account).enqueue("a"), on(per_account).enqueue("a")
    surgeon.run("DELETE FROM dj_queue_job WHERE id = %s", as_id(first))
    surgeon.empty("dj_queue_semaphore")
    assert mend() == [(Kind.FREE_SLOT, "1 job got in")]
    assert look() == []
    assert statuses(jobs, second) == ["ready"]


@pytest.mark.fault(59)
def test_a_slot_kept_past_its_time_goes_to_who_waits(on, jobs, surgeon, look, mend):
    first, second = on(per_account, queue_name="nobody").enqueue("a"), on(per_account).enqueue("a")
    surgeon.run("UPDATE dj_queue_job SET slot_until = %s WHERE id = %s", surgeon.ago(30), as_id(first))
    assert look() == []
    surgeon.run("UPDATE dj_queue_job SET slot_until = %s WHERE id = %s", surgeon.ago(3600), as_id(first))
    (found,) = look()
    assert found.kind == Kind.EXPIRED_SLOT
    assert "kept its slot 36" in found.text
    assert "jobs of the concurrency key 'account:a' wait for it" in found.text
    assert mend() == [(Kind.EXPIRED_SLOT, "1 job gave the slot back, 1 job got in")]
    assert look() == []
    assert statuses(jobs, first, second) == ["blocked", "ready"]


def test_a_slot_kept_past_its_time_is_in_order_while_nobody_waits(on, surgeon, look):
    on(per_account).enqueue("a")
    surgeon.run("UPDATE dj_queue_job SET slot_until = %s", surgeon.ago(3600))
    assert look() == []


@pytest.mark.fault(59)
def test_overdue_jobs_are_promoted_however_many(on, jobs, surgeon, look, mend):
    on(add).get_backend().enqueue_all([(on(add), (1, 1), {})] * 700)
    surgeon.run("UPDATE dj_queue_job SET status = 'scheduled', run_after = %s", surgeon.ago(3600))
    assert [found.kind for found in look()] == [Kind.OVERDUE]
    assert mend() == [(Kind.OVERDUE, "700 jobs became ready")]
    assert look() == []
    assert jobs.filter(status="ready").count() == 700


@pytest.mark.fault(59)
def test_a_blocked_job_without_a_key_is_left(on, surgeon, left):
    on(add).enqueue(1, 1)
    surgeon.run("UPDATE dj_queue_job SET status = 'blocked'")
    assert left() == [Kind.KEYLESS]


def test_jobs_that_nobody_may_take_or_somebody_could_are_left(on, surgeon, worker, left):
    worker("email")
    on(add, queue_name="reports").enqueue(1, 1)
    on(add, queue_name="email").enqueue(1, 1)
    surgeon.run("UPDATE dj_queue_job SET enqueued_at = %s", surgeon.ago(3600))
    assert sorted(left()) == [Kind.IDLE_WORKER, Kind.UNSERVED]


@pytest.mark.fault(59)
def test_a_worker_that_does_not_start_what_it_holds_is_named_and_left(
    on, services, surgeon, worker, look, left
):
    process = worker()
    for _ in range(2):
        on(add).enqueue(1, 1)
    claim(services, [parse_selector("*")], 2, process.id)
    assert look() == []
    surgeon.run("UPDATE dj_queue_job SET claimed_at = %s", surgeon.ago(3600))
    (found,) = look()
    assert found.text.startswith(f"{process.name} claimed jobs 36")
    assert left() == [Kind.STANDING_WORKER]


def test_a_job_held_back_because_it_crashed_before_is_no_standing_worker(on, services, surgeon, worker, look):
    on(add).enqueue(1, 1)
    claim(services, [parse_selector("*")], 1, worker().id)
    surgeon.run("UPDATE dj_queue_job SET claimed_at = %s, lost = 1", surgeon.ago(3600))
    assert look() == []


def test_a_full_worker_is_named_once_a_job_has_waited_as_long(on, services, surgeon, worker, look, left):
    process = worker(threads=2)
    for _ in range(3):
        on(add).enqueue(1, 1)
    held = claim(services, [parse_selector("*")], 2, process.id)
    began = surgeon.ago(3600)
    mark_started(services, [Started(job.id, job.attempt, process.id, began) for job in held])
    surgeon.run("UPDATE dj_queue_job SET claimed_at = %s WHERE status = 'claimed'", began)
    assert look() == []
    surgeon.run("UPDATE dj_queue_job SET enqueued_at = %s WHERE status = 'ready'", began)
    (found,) = look()
    assert found.text.startswith(f"{process.name} runs 2 jobs that all began over 36")
    assert left() == [Kind.FULL_WORKER]


def test_a_worker_with_one_fresh_job_gets_on(on, services, surgeon, worker, look):
    process = worker(threads=2)
    for _ in range(3):
        on(add).enqueue(1, 1)
    first, second = claim(services, [parse_selector("*")], 2, process.id)
    surgeon.run("UPDATE dj_queue_job SET enqueued_at = %s", surgeon.ago(3600))
    for job, seconds in ((first, 3600), (second, 5)):
        began = surgeon.ago(seconds)
        mark_started(services, [Started(job.id, job.attempt, process.id, began)])
    assert look() == []


@pytest.mark.fault(59)
def test_everything_at_once_is_repaired_and_a_second_repair_has_nothing_to_do(on, services, surgeon, look):
    for account in ("a", "b"):
        first, _second = on(per_account).enqueue(account), on(per_account).enqueue(account)
        surgeon.run("DELETE FROM dj_queue_job WHERE id = %s", as_id(first))
    late, held = on(add).enqueue(1, 1), on(add).enqueue(1, 1)
    sql = "UPDATE dj_queue_job SET status = 'scheduled', run_after = %s WHERE id = %s"
    surgeon.run(sql, surgeon.ago(3600), as_id(late))
    sql = "UPDATE dj_queue_job SET status = 'claimed', attempts = 1, process_id = %s WHERE id = %s"
    surgeon.run(sql, uuid4(), as_id(held))
    found = look()
    kinds = sorted(anomaly.kind for anomaly in found)
    assert kinds == sorted([Kind.FREE_SLOT, Kind.FREE_SLOT, Kind.OVERDUE, Kind.OWNERLESS])
    assert all(treated.is_repaired for treated in repair(services, found))
    assert look() == []
    assert [treated.text.split()[0] for treated in repair(services, found)] == ["0"] * 4


def test_repairs_beside_one_another_do_each_thing_once(on, services, jobs, surgeon, look, at_once):
    on(add).get_backend().enqueue_all([(on(add), (1, 1), {})] * 300)
    surgeon.run("UPDATE dj_queue_job SET status = 'claimed', attempts = 1, process_id = %s", uuid4())
    for _ in range(5):
        on(per_account).enqueue("a")
    surgeon.run("DELETE FROM dj_queue_job WHERE concurrency_key = 'account:a' AND status = 'ready'")
    found = look()
    at_once(*[lambda: list(repair(services, found))] * 4)
    assert look() == []
    assert jobs.filter(status="ready", concurrency_hash=None, attempts=0, lost=0).count() == 300
    assert jobs.filter(status="ready", concurrency_key="account:a").count() == 1


def as_id(result):
    """The stored id of a result."""
    return UUID(result.id)


def statuses(jobs, *results):
    """The statuses of these results' jobs, in this order."""
    return [jobs.get(id=result.id).status for result in results]
