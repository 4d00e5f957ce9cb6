"""The dispatcher asks as little as it can while nothing is due, and leaves nothing that is."""

from datetime import timedelta

import pytest
from django.db import connections

from dj_queue.config.options import DispatcherOptions
from dj_queue.contract import Status
from dj_queue.operations.announce import RELAXED_POLLING, due_in
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.dispatcher import Dispatcher
from tests.project import tasks

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def make_dispatcher(services):
    """`make_dispatcher(**options)` does nothing but promote."""
    placement = Placement()
    yield lambda **options: Dispatcher(
        services, DispatcherOptions(batch_size=2, concurrency_maintenance=False, **options), placement
    )
    placement.close()


@pytest.fixture
def dispatcher(make_dispatcher):
    return make_dispatcher()


@pytest.fixture
def schedule(services, on, jobs):
    """`schedule(delay)` schedules a job that is due in `delay` by the database's clock."""

    def scheduled(delay):
        job_id = on(tasks.add, run_after=services.dialect.now() + AN_HOUR).enqueue(1, 1).id
        jobs.filter(id=job_id).update(run_after=services.dialect.now() + delay)

    return scheduled


def test_an_idle_look_is_one_statement(services, dispatcher):
    seen = []

    def listen(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    dispatcher.step()
    with connections[services.database.alias].execute_wrapper(listen):
        assert dispatcher.step() == 1.0
    assert len(seen) == 1
    assert "run_after" in seen[0]


def test_all_that_is_due_is_promoted_batch_after_batch(dispatcher, schedule, jobs):
    for _ in range(5):
        schedule(-AN_HOUR)
    schedule(AN_HOUR)
    assert [dispatcher.step() for _ in range(2)] == [0.0, 0.0]
    assert dispatcher.step() == 1.0
    assert jobs.filter(status=Status.READY).count() == 5
    assert jobs.filter(status=Status.SCHEDULED).count() == 1


def test_a_full_last_batch_is_followed_by_a_pause(dispatcher, schedule, jobs):
    for _ in range(4):
        schedule(-AN_HOUR)
    assert [dispatcher.step() for _ in range(3)] == [0.0, 0.0, 1.0]
    assert jobs.filter(status=Status.READY).count() == 4


def test_the_pause_ends_when_the_next_job_is_due(make_dispatcher, schedule):
    patient = make_dispatcher(polling_interval=600.0)
    schedule(AN_HOUR)
    assert patient.step() == 600.0
    schedule(timedelta(seconds=500))
    assert 0.0 < patient.step() <= 500.0


def test_what_is_due_before_a_relaxed_look_is_announced(services):
    assert due_in(services, RELAXED_POLLING - 0.1)
    assert not due_in(services, RELAXED_POLLING + 0.1)
