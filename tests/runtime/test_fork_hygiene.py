"""What crosses a fork, and how many connections a running queue makes."""

import os
import signal
from pathlib import Path

import pytest
from django.db import connections

from tests.project import tasks
from tests.runtime.sockets import shared_sockets, sockets
from tests.runtime.where import only_on_one, only_on_servers

GOOD_TIME = 120


def server_connections(database):
    """The connections that the server has for our database, our own one left out."""
    connection = connections[database]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
        else:
            cursor.execute(
                "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
            )
        return {row[0] for row in cursor.fetchall()}


@pytest.mark.fault(43)
@only_on_servers
def test_no_process_uses_what_another_one_opened(
    on, services, queue_process, wait_until, processes, all_finished, log_of, is_alive, monkeypatch
):
    monkeypatch.setenv("PYTHONWARNINGS", "error:This process:DeprecationWarning")
    monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.project.curious")
    process = queue_process()
    result = on(tasks.connection_id).enqueue(services.database.alias)
    wait_until(lambda: all_finished([result]) and processes("dispatcher"), GOOD_TIME)
    (worker,) = processes("worker")
    # The next fork finds a supervisor that has been at work.
    os.kill(worker.pid, signal.SIGKILL)
    again = on(tasks.connection_id).enqueue(services.database.alias)
    wait_until(lambda: all_finished([again]), GOOD_TIME)
    # The row of the dead one goes a moment after the new one's came, or before.
    wait_until(lambda: [p.pid != worker.pid for p in processes("worker")] == [True], GOOD_TIME)
    running = [process.pid, *(p.pid for kind in ("worker", "dispatcher") for p in processes(kind))]
    held = [sockets(pid) for pid in running if is_alive(pid)]
    assert len(held) == 3
    assert len(held[0]) <= 1  # the heartbeats': what the plugin opened before the fork is gone
    assert all(held[1:])
    assert shared_sockets(running) == 0
    assert "multi-threaded" not in log_of(process)
    process.terminate()
    assert process.wait(GOOD_TIME) == 0
    assert not any(is_alive(pid) for pid in running)


@only_on_servers
def test_connections_are_kept_between_jobs_and_while_idle(
    on, jobs, services, queue_process, wait_until, processes, monkeypatch
):
    monkeypatch.setenv("DJ_QUEUE_TEST_CONN_MAX_AGE", "0")
    database = services.database.alias
    for _ in range(200):
        on(tasks.connection_id).enqueue(database)
    queue_process(options="process_heartbeat_interval: 0.5\nworkers: [{queues: '*', threads: 3}]")
    wait_until(lambda: jobs.filter(status="successful").count() == 200, GOOD_TIME)
    assert len(set(jobs.values_list("return_value", flat=True))) <= 3
    wait_until(lambda: processes("supervisor") and processes("dispatcher"), GOOD_TIME)

    def beats():
        return processes("supervisor")[0].last_heartbeat_at

    def wait_for_beats(count):
        for _ in range(count):
            seen = beats()
            wait_until(lambda seen=seen: beats() > seen, GOOD_TIME)

    def settled():
        found = server_connections(database)
        wait_for_beats(1)
        return found if found == server_connections(database) else None

    before = wait_until(settled, GOOD_TIME)
    wait_for_beats(3)
    assert server_connections(database) <= before


@only_on_one("postgres")
def test_the_dead_are_buried(queue_process, wait_until, processes):
    process = queue_process()
    wait_until(lambda: processes("worker") and processes("dispatcher"), GOOD_TIME)
    (worker,) = processes("worker")
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{worker.pid}").exists(), GOOD_TIME)
    assert process.poll() is None


@only_on_one("postgres")
def test_what_the_supervisor_loaded_is_no_work_for_a_childs_collector(on, jobs, queue_process, wait_until):
    queue_process()
    on(tasks.loaded_before_the_fork).enqueue()
    wait_until(lambda: jobs.filter(status="successful").exists(), GOOD_TIME)
    assert jobs.get().return_value > 10_000
