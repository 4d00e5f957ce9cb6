"""The dispatcher asks as little as it can while nothing is due, and leaves nothing that is."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connections

from dj_queue.config.options import DispatcherOptions
from dj_queue.contract import Status
from dj_queue.operations.announce import RELAXED_POLLING, due_in
from dj_queue.operations.cleanup import BATCH
from dj_queue.operations.concurrency import KEYS_AT_ONCE
from dj_queue.runtime import dispatcher as dispatcher_module
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


class Watched:
    """A dialect that has someone look at the queue before each batch that it cleans up or lets in."""

    def __init__(self, dialect, look):
        self._dialect = dialect
        self._look = look

    def __getattr__(self, name):
        return getattr(self._dialect, name)

    def prune(self, *args):
        self._look()
        return self._dialect.prune(*args)

    def admit(self, *args):
        self._look()
        return self._dialect.admit(*args)


@pytest.fixture(params=["cleanup", "sweep"])
def make_busy(request, services, on, jobs):
    """`make_busy(look)` is a dispatcher with three batches of other work to do, and a look before each."""
    placement = Placement()
    is_sweep = request.param == "sweep"
    if is_sweep:
        for number in range(3 * KEYS_AT_ONCE):
            on(tasks.per_account).enqueue(number)
        jobs.update(status=Status.BLOCKED, slot_until=None)
    else:
        many = [(on(tasks.add), (number, 1), {}) for number in range(2 * BATCH + 1)]
        on(tasks.add).get_backend().enqueue_all(many)
        jobs.update(status=Status.SUCCESSFUL, finished_at=datetime(2020, 1, 1, tzinfo=UTC))

    def make(look):
        watched = replace(services, dialect=Watched(services.dialect, look))
        options = DispatcherOptions(batch_size=2, concurrency_maintenance=is_sweep)
        dispatcher = Dispatcher(watched, options, placement)
        dispatcher._next_cleanup = math.inf if is_sweep else 0.0
        return dispatcher

    yield make
    placement.close()


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


def test_jobs_that_come_due_during_other_work_wait_for_one_batch_of_it(make_busy, schedule, jobs):
    late = []

    def look():
        late.append(jobs.filter(status=Status.SCHEDULED).count())
        for _ in range(5):
            schedule(-AN_HOUR)

    make_busy(look).step()
    assert len(late) >= 3
    assert set(late) == {0}


def test_a_stop_ends_other_work_after_the_batch_at_hand(make_busy):
    looks = []

    def look():
        looks.append(True)
        dispatcher.stop()

    dispatcher = make_busy(look)
    dispatcher.step()
    assert len(looks) == 1


def test_other_work_longer_than_its_interval_is_not_due_again_at_once(make_busy, jobs, monkeypatch):
    clock, looks = SimpleNamespace(now=1000.0), []
    monkeypatch.setattr(dispatcher_module, "time", SimpleNamespace(monotonic=lambda: clock.now))

    def look():
        looks.append(True)
        clock.now += 10_000.0

    dispatcher = make_busy(look)
    dispatcher.step()
    first = len(looks)
    jobs.filter(status=Status.READY).update(status=Status.BLOCKED, slot_until=None)
    dispatcher.step()
    assert len(looks) == first >= 3


def test_what_is_due_before_a_relaxed_look_is_announced(services):
    assert due_in(services, RELAXED_POLLING - 0.1)
    assert not due_in(services, RELAXED_POLLING + 0.1)
