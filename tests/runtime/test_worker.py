"""One worker in a thread of this process, and what happens around its claims."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.db import InterfaceError, connections
from django.tasks.signals import task_finished

from dj_queue.config.options import WorkerOptions
from dj_queue.runtime import async_loop
from dj_queue.runtime import worker as worker_module
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.reclaimer import EVERY
from dj_queue.runtime.worker import Worker
from tests.project import tasks
from tests.runtime.transports import Deaf, Fed
from tests.runtime.where import only_on, only_on_one

GOOD_TIME = 120


@pytest.fixture
def work(services):
    """`work(services, threads=...)` starts a worker; it is stopped at the end."""
    running = []

    def start(services=services, **options):
        placement = Placement()
        worker = Worker(services, replace(WorkerOptions(), **options), placement)
        thread = threading.Thread(target=worker.run)
        thread.start()
        running.append((worker, thread))
        return worker

    yield start
    for worker, thread in running:
        worker.stop_now()
        thread.join(GOOD_TIME)


class LosesAnswers:
    """A claim strategy whose first answers are lost on their way, after the database has committed."""

    def __init__(self, strategy, losses):
        self._strategy = strategy
        self.name = strategy.name
        self.losses = losses

    def claim(self, request):
        jobs = self._strategy.claim(request)
        if jobs and self.losses:
            self.losses -= 1
            raise InterfaceError("the connection was lost")
        return jobs


class Failing:
    """A claim strategy that raises the errors it is given, each once."""

    def __init__(self, strategy):
        self._strategy = strategy
        self.name = strategy.name
        self.errors = []

    def claim(self, request):
        if self.errors:
            raise self.errors.pop()
        return self._strategy.claim(request)


class Unbegun(Worker):
    """A worker whose threads cannot be started, not even the first."""

    def begin(self):
        raise RuntimeError("can't start new thread")


class HalfBegun(Unbegun):
    """A worker that cannot begin though its threads run."""

    def begin(self):
        Worker.begin(self)
        super().begin()


@only_on_one("default")
@pytest.mark.parametrize("kind", [Unbegun, HalfBegun])
def test_who_cannot_begin_leaves_neither_threads_nor_a_row_behind(kind, services, processes, wait_until):
    placement, before = Placement(), set(threading.enumerate())
    worker = kind(services, WorkerOptions(), placement)
    with ThreadPoolExecutor(1) as executor:
        error = executor.submit(worker.run).exception(GOOD_TIME)
    assert str(error) == "can't start new thread"
    assert processes("worker") == []
    assert not placement.vouching.is_registered()
    wait_until(lambda: set(threading.enumerate()) <= before)
    placement.close()


@only_on("postgres")
def test_after_a_burst_of_jobs_the_room_they_took_is_freed(on, services, work, wait_until):
    vacuumed = "SELECT last_vacuum FROM pg_stat_user_tables WHERE relid = 'dj_queue_job'::regclass"

    def last():
        with connections[services.database.alias].cursor() as cursor:
            cursor.execute(vacuumed)
            return cursor.fetchone()

    before = last()
    backend = on(tasks.add).get_backend()
    backend.enqueue_all([(on(tasks.add), (number, 1), {}) for number in range(EVERY)])
    work()
    wait_until(lambda: last() != before, GOOD_TIME)


@pytest.mark.fault(19)
def test_jobs_of_a_claim_whose_answer_was_lost_go_back_and_run_once(on, jobs, services, work, wait_until):
    for number in range(10):
        on(tasks.attempt_number, priority=number).enqueue()
    strategy = LosesAnswers(services.claim, 2)
    work(replace(services, claim=strategy), threads=2)
    wait_until(lambda: jobs.filter(status="successful").count() == 10, GOOD_TIME)
    assert strategy.losses == 0
    assert set(jobs.values_list("attempts", "return_value", "lost")) == {(1, 1, 0)}


@only_on_one("default")
def test_a_worker_that_cannot_listen_finds_jobs_by_polling(on, services, work, wait_until, all_finished):
    work(replace(services, wakeups=(Deaf(OSError("no file descriptor is free")),)))
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)


@only_on_one("default")
def test_hints_that_lead_to_no_job_are_held_against_their_transport(on, services, work, wait_until):
    transport = Fed()
    worker = work(replace(services, wakeups=(transport,)), polling_interval=3600)
    wait_until(lambda: worker._listeners._ears and worker._is_empty, GOOD_TIME)
    (ear,) = worker._listeners._ears
    for vain in range(1, 6):
        transport.hints.put(True)
        wait_until(lambda vain=vain: ear.fruitless == vain, GOOD_TIME)
    on(tasks.add).enqueue(1, 1)
    transport.hints.put(True)
    wait_until(lambda: ear.fruitless == 0, GOOD_TIME)


@only_on_one("default")
def test_a_hint_outlives_a_claim_that_failed(on, services, work, wait_until, all_finished):
    transport, claim = Fed(), Failing(services.claim)
    worker = work(replace(services, wakeups=(transport,), claim=claim), polling_interval=3600)
    wait_until(lambda: worker._listeners._ears and worker._is_empty, GOOD_TIME)
    result = on(tasks.add).enqueue(1, 1)
    claim.errors.append(InterfaceError("the connection was lost"))
    transport.hints.put(True)
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert not claim.errors


@pytest.mark.fault(50)
@only_on_one("default")
def test_a_blocked_loop_is_reported_and_so_is_its_end(
    on, work, wait_until, ledger, monkeypatch, caplog, all_finished
):
    monkeypatch.setattr(async_loop, "BLOCKED_AFTER", 0.2)
    caplog.set_level("WARNING")
    blocking = on(tasks.block_loop).enqueue(ledger.folder, "blocking")
    work()
    wait_until(lambda: "a task has blocked the loop" in caplog.text, GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: "the loop runs again" in caplog.text, GOOD_TIME)
    wait_until(lambda: all_finished([blocking]), GOOD_TIME)
    # A loop that the machine kept waiting may have been reported too, each time once.
    told = [record.getMessage().startswith("a task has blocked") for record in caplog.records]
    assert told == [number % 2 == 0 for number in range(len(told))]


@only_on_one("default")
def test_receivers_that_lag_far_behind_slow_claims_down_and_lose_nothing(
    on, jobs, work, wait_until, monkeypatch
):
    monkeypatch.setattr(worker_module, "MOST_UNRECORDED", 5)
    go, told = threading.Event(), []

    def slow(task_result, **facts):
        go.wait(GOOD_TIME)
        told.append(task_result.id)

    task_finished.connect(slow)
    try:
        for number in range(200):
            on(tasks.add).enqueue(number, 1)
        worker = work(threads=1, prefetch_multiplier=1)
        wait_until(lambda: worker._lags() and not worker._held, GOOD_TIME)
        assert 0 < jobs.filter(status="ready").count() < 200
        go.set()
        wait_until(lambda: len(told) == 200, GOOD_TIME)
    finally:
        go.set()
        task_finished.disconnect(slow)
    assert len(set(told)) == 200
    assert not jobs.exclude(status="successful").exists()
