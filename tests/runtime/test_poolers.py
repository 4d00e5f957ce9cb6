"""Connections that are lent: by PgBouncer in transaction mode, and by the pool of psycopg that Django can have."""

import os
import signal

import pytest

from tests.project import tasks
from tests.runtime.sockets import shared_sockets
from tests.runtime.where import only_on

GOOD_TIME = 120


@pytest.mark.fault(22)
@pytest.mark.every_server
@only_on("pgbouncer")
def test_notifications_that_a_pooler_keeps_are_told_and_polling_goes_on(
    on, queue_process, wait_until, all_finished, log_of
):
    process = queue_process(options="listen_notify: true")
    wait_until(lambda: "wakeup notify is broken, polling goes on" in log_of(process), GOOD_TIME)
    assert "is a pooler in transaction mode in between? Then set OPTIONS['listen_notify']" in log_of(process)
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert process.poll() is None


@pytest.fixture
def pooled(monkeypatch):
    """Queue processes, from now on, with Django's pool; their plugin fills it before the first fork."""
    monkeypatch.setenv("DJ_QUEUE_TEST_POOL_SIZE", "20")
    monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.project.curious")
    monkeypatch.setenv("PYTHONWARNINGS", "error:This process:DeprecationWarning")


@pytest.mark.usefixtures("pooled")
@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on("postgres")
def test_a_pool_serves_every_actor(on, services, queue_process, wait_until, all_finished, log_of, mode):
    database = services.database.alias
    results = [on(tasks.connection_id).enqueue(database) for _ in range(50)]
    results += [on(tasks.anap).enqueue(0.01), on(tasks.third_time).enqueue()]
    process = queue_process("--mode", mode)
    wait_until(lambda: all_finished(results), GOOD_TIME)
    assert {result.status for result in results} == {"SUCCESSFUL"}
    process.send_signal(signal.SIGTERM)
    assert process.wait(GOOD_TIME) == 0
    assert "Traceback" not in log_of(process)


@pytest.mark.fault(43)
@pytest.mark.usefixtures("pooled")
@only_on("postgres")
def test_no_pool_crosses_a_fork(on, queue_process, wait_until, processes, all_finished, log_of):
    process = queue_process()
    wait_until(lambda: processes("worker") and processes("dispatcher"), GOOD_TIME)
    (worker,) = processes("worker")
    # The next fork finds a supervisor whose pool has been at work.
    os.kill(worker.pid, signal.SIGKILL)
    # The row of the dead one goes a moment after the new one's came, or before.
    wait_until(lambda: [p.pid != worker.pid for p in processes("worker")] == [True], GOOD_TIME)
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    running = [process.pid, *(p.pid for kind in ("worker", "dispatcher") for p in processes(kind))]
    assert len(running) == 3
    assert shared_sockets(running) == 0
    assert "multi-threaded" not in log_of(process)
    assert "Traceback" not in log_of(process)
