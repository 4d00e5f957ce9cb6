"""A supervisor inside a process that is not its own."""

import os
import signal
import threading

import pytest
from django.db import connections

from dj_queue.contract import hookimpl
from dj_queue.runtime.supervisor import AsyncSupervisor
from dj_queue.testing import plugged
from tests.project import tasks
from tests.runtime.where import only_on_one

GOOD_TIME = 120


@pytest.fixture
def embedded(backend_alias):
    """An embedded supervisor, stopped at the end."""
    supervisor = AsyncSupervisor(backend_alias, standalone=False)
    yield supervisor
    supervisor.stop()


def ours():
    return {thread for thread in threading.enumerate() if thread.name.startswith("dj_queue-")}


def test_it_runs_jobs_in_this_process_until_it_is_stopped(
    on, embedded, wait_until, ledger, processes, all_finished
):
    embedded.start()
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    wait_until(ledger.started, GOOD_TIME)
    assert ledger.lines("start")[0].pid == os.getpid()
    wait_until(lambda: processes("supervisor"), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    embedded.stop()
    assert [processes(kind) for kind in ("supervisor", "worker", "dispatcher")] == [[], [], []]
    wait_until(lambda: not ours(), GOOD_TIME)


@only_on_one("default")
def test_signals_and_the_callers_connection_stay_its_own(embedded, services, wait_until, processes):
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    before = [signal.getsignal(number) for number in numbers]
    connection = connections[services.database.alias]
    connection.ensure_connection()
    raw = connection.connection
    embedded.start()
    wait_until(lambda: processes("supervisor"), GOOD_TIME)
    assert [signal.getsignal(number) for number in numbers] == before
    embedded.stop()
    assert connection.connection is raw


@only_on_one("default")
def test_a_stop_may_be_repeated_and_come_from_anywhere(embedded, wait_until, processes, caplog):
    caplog.set_level("INFO")
    embedded.start()
    wait_until(lambda: processes("worker"), GOOD_TIME)
    threads = [threading.Thread(target=embedded.stop) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(GOOD_TIME)
    embedded.stop()
    assert processes("worker") == []
    assert caplog.text.count("stopping: ") == 1


@only_on_one("default")
def test_one_that_never_started_stops_at_once(embedded):
    # Threads of the test before may be ending still.
    before = ours()
    embedded.stop()
    assert ours() <= before


@only_on_one("default")
def test_it_starts_once(embedded):
    embedded.start()
    with pytest.raises(RuntimeError, match="make another supervisor"):
        embedded.start()
    embedded.stop()
    with pytest.raises(RuntimeError, match="make another supervisor"):
        embedded.start()


@only_on_one("default")
def test_a_start_that_fails_half_way_leaves_nothing_running(embedded, wait_until, processes, monkeypatch):
    launch, launched = embedded._launch, []

    def fail_at_the_second(plan):
        if launched:
            raise RuntimeError("can't start new thread")
        launched.append(plan)
        return launch(plan)

    monkeypatch.setattr(embedded, "_launch", fail_at_the_second)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        embedded.start()
    assert len(launched) == 1
    wait_until(lambda: not ours() and not processes("worker"), GOOD_TIME)


@only_on_one("default")
def test_an_actor_that_broke_is_started_again_and_its_jobs_run(
    on, embedded, wait_until, ledger, processes, all_finished, monkeypatch
):
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    embedded.start()
    wait_until(lambda: processes("worker"), GOOD_TIME)
    (broken,) = processes("worker")
    (worker,) = [place.actor for place in embedded.places if place.plan.kind == "worker"]

    def step():
        raise KeyboardInterrupt

    monkeypatch.setattr(worker, "step", step)
    worker.bell.ring()
    wait_until(lambda: [p for p in processes("worker") if p.id != broken.id], GOOD_TIME)
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)


@only_on_one("default")
def test_an_actor_that_others_gave_up_is_replaced(on, embedded, wait_until, processes, all_finished):
    embedded.start()
    wait_until(lambda: len(processes("worker")) == len(processes("supervisor")) == 1, GOOD_TIME)
    (given_up,) = processes("worker")
    given_up.delete()
    wait_until(lambda: [p for p in processes("worker") if p.id != given_up.id], GOOD_TIME)
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)


class Meter:
    """Keeps what each process reads its samples with."""

    def __init__(self):
        self.samples = {}

    @hookimpl
    def dj_queue_process_started(self, process, samples):
        self.samples[process.kind] = samples


@only_on_one("default")
def test_every_process_can_read_the_samples_of_its_queue(backend_alias, on, wait_until, processes):
    meter = Meter()
    with plugged(meter, backend_alias=backend_alias):
        supervisor = AsyncSupervisor(backend_alias, standalone=False)
        supervisor.start()
        try:
            wait_until(lambda: {"supervisor", "worker", "dispatcher"} <= meter.samples.keys(), GOOD_TIME)
            wait_until(lambda: processes("supervisor"), GOOD_TIME)
            for samples in meter.samples.values():
                read = {(sample.name, sample.labels.get("kind")): sample.value for sample in samples()}
                assert read["dj_queue_runner_processes_by_kind", "worker"] == 1
        finally:
            supervisor.stop()
