"""Anomalies: what a working queue never shows for long, and what looks like it and is none."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from dj_queue import api
from dj_queue.contract import parse_selector
from dj_queue.models import Process, Semaphore
from dj_queue.operations import health
from dj_queue.operations.anomalies import anomalies, lasting_anomalies
from dj_queue.operations.claim import claim
from tests.project.tasks import add, per_account

MAX_AGE = 60.0


@pytest.fixture
def look(services):
    """`look()`: the texts of what is wrong now."""

    def run():
        workers = [state for state in health.process_states(services) if state.kind == "worker"]
        return [found.text for found in anomalies(services, workers, MAX_AGE)]

    return run


@pytest.fixture
def long_ago(services):
    """A moment long past, by the database's clock."""
    return services.dialect.now() - timedelta(hours=1)


def test_a_queue_at_work_shows_none(on, services, worker, look):
    on(add).enqueue(1, 1)
    on(per_account).enqueue("a")
    on(per_account).enqueue("a")
    on(add, run_after=services.dialect.now() + timedelta(hours=1)).enqueue(1, 1)
    process = worker()
    assert look() == []
    claim(services, [parse_selector("*")], 10, process.id)
    assert look() == []


def test_jobs_held_by_a_process_without_a_row(on, services, look, jobs):
    on(add).enqueue(1, 1)
    ghost = uuid4()
    claim(services, [parse_selector("*")], 10, ghost)
    assert look() == [f"jobs are claimed by process {ghost}, which has no row"]
    jobs.update(process_id=None)
    assert look() == ["jobs are claimed by process None, which has no row"]


def test_jobs_blocked_beside_a_free_slot(on, look, jobs):
    first, _second = on(per_account).enqueue("a"), on(per_account).enqueue("a")
    jobs.filter(id=first.id).delete()
    assert look() == ["jobs of the concurrency key 'account:a' are blocked beside a free slot"]


def test_a_key_with_all_slots_taken_is_in_order(on, look, jobs, services):
    for _ in range(3):
        on(per_account).enqueue("a")
    jobs.update(concurrency_limit=2)
    assert look() != []
    Semaphore.objects.using(services.database.alias).update(limit=2)
    services.dialect.admit(list(jobs.values_list("concurrency_hash", flat=True)[:1]))
    assert look() == []


def test_jobs_that_are_late(on, look, jobs, long_ago):
    result = on(add).enqueue(1, 1)
    jobs.update(status="scheduled", run_after=long_ago)
    (text,) = look()
    assert text.startswith(f"job {result.id} was due 36")
    assert text.endswith("no dispatcher promotes")


def test_a_late_job_is_seen_beside_one_without_a_moment(on, look, jobs, long_ago):
    stray, late = on(add).enqueue(1, 1), on(add).enqueue(1, 1)
    jobs.filter(id=stray.id).update(status="scheduled", run_after=None)
    jobs.filter(id=late.id).update(status="scheduled", run_after=long_ago)
    (text,) = look()
    assert text.startswith(f"job {late.id} was due 36")


def test_jobs_in_a_queue_that_no_worker_selects(on, look, jobs, worker, long_ago):
    result = on(add, queue_name="reports").enqueue(1, 1)
    worker("email", "r")
    assert look() == []
    jobs.update(enqueued_at=long_ago)
    (text,) = look()
    assert f"job {result.id} has waited 36" in text
    assert text.endswith("in queue 'reports', which no live worker selects")
    worker("rep*")
    assert "free threads" in look()[0]


def test_jobs_that_wait_while_a_worker_is_idle(on, look, jobs, worker, services, long_ago):
    process = worker(threads=2)
    for _ in range(3):
        on(add).enqueue(1, 1)
    jobs.update(enqueued_at=long_ago)
    assert f"while {process.name} has free threads" in look()[0]
    claim(services, [parse_selector("*")], 2, process.id)
    assert look() == []


def test_a_worker_with_a_job_that_crashed_before_is_not_idle(on, look, jobs, worker, services, long_ago):
    process = worker(threads=2)
    for _ in range(2):
        on(add).enqueue(1, 1)
    jobs.update(enqueued_at=long_ago)
    (held,) = claim(services, [parse_selector("*")], 1, process.id)
    assert len(look()) == 1
    jobs.filter(id=held.id).update(lost=2)
    assert look() == []


def test_jobs_of_a_paused_queue_may_wait(on, look, jobs, worker, backend_alias, long_ago):
    worker()
    on(add, queue_name="slow").enqueue(1, 1)
    jobs.update(enqueued_at=long_ago)
    assert len(look()) == 1
    api.QueueInfo("slow", backend_alias=backend_alias).pause()
    assert look() == []


def test_a_scheduled_job_waits_from_when_it_was_due(on, look, jobs, worker, services, long_ago):
    worker()
    on(add).enqueue(1, 1)
    jobs.update(enqueued_at=long_ago, run_after=services.dialect.now())
    assert look() == []


def test_only_what_is_there_at_both_looks_counts(on, services, jobs, long_ago):
    class Mending(list):
        """The workers, which the first look asks last: by then someone has promoted the job."""

        def __iter__(self):
            jobs.update(status="ready")
            return super().__iter__()

    on(add).enqueue(1, 1)
    jobs.update(status="scheduled", run_after=long_ago)
    assert len(lasting_anomalies(services, [], MAX_AGE, pause=0)) == 1
    assert len(list(anomalies(services, Mending(), MAX_AGE))) == 1
    jobs.update(run_after=long_ago)
    assert lasting_anomalies(services, Mending(), MAX_AGE, pause=0) == []


def test_the_look_is_bounded_however_many_jobs_and_queues_there_are(on, services, jobs, worker, look):
    calls = [(on(add, queue_name=f"q{number:03}"), (1, 1), {}) for number in range(300)]
    on(add).get_backend().enqueue_all(calls)
    worker()
    with CaptureQueriesContext(connections[services.database.alias]) as queries:
        look()
    assert len(queries) < 420


def test_jobs_and_processes_of_other_backends_are_not_looked_at(on, look, jobs, services, worker, long_ago):
    on(add).enqueue(1, 1)
    jobs.update(backend_alias="another", enqueued_at=long_ago, status="claimed", process_id=uuid4())
    worker()
    Process.objects.using(services.database.alias).update(backend_alias="another")
    assert look() == []
