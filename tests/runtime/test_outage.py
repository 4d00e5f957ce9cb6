"""Databases that go away, do not answer, or are locked, and come back."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from django.conf import settings

from tests.project import tasks
from tests.runtime.where import only_on_one_server, only_on_servers, only_on_the_file

GOOD_TIME = 120
THRESHOLD = 12
"""Of the outage that is longer; after it, others get two heartbeats of time to speak."""


def failures(log, where):
    return [line for line in log.splitlines() if f"{where} failed and will be tried again" in line]


@pytest.mark.fault(15)
@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on_servers
def test_an_outage_ends_in_resumed_work_and_recorded_outcomes(
    on, jobs, queue_process, wait_until, ledger, processes, all_finished, log_of, proxy, mode
):
    held = [on(tasks.hold).enqueue(ledger.folder, "thread"), on(tasks.ahold).enqueue(ledger.folder, "loop")]
    proxy.open()
    process = queue_process("--mode", mode)
    wait_until(lambda: ledger.started(2), GOOD_TIME)
    before = {p.id for p in processes("worker")}
    proxy.cut()
    wait_until(lambda: failures(log_of(process), "worker.loop"), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: failures(log_of(process), "worker.record"), GOOD_TIME)
    wait_until(lambda: failures(log_of(process), "supervisor.maintenance"), GOOD_TIME)
    after = on(tasks.add).enqueue(1, 1)
    proxy.open()
    wait_until(lambda: all_finished([*held, after]), GOOD_TIME)
    assert [(r.status, r.attempts) for r in held] == [("SUCCESSFUL", 1)] * 2
    wait_until(lambda: "supervisor.maintenance works again" in log_of(process), GOOD_TIME)
    assert process.poll() is None
    assert {p.id for p in processes("worker")} == before
    for where in ("worker.loop", "worker.record", "dispatcher.loop", "supervisor.maintenance"):
        assert len(failures(log_of(process), where)) <= 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(GOOD_TIME) == 0


@pytest.mark.fault(15)
@only_on_servers
def test_an_outage_longer_than_the_threshold_takes_nobody_for_dead(
    on, queue_process, wait_until, ledger, processes, all_finished, log_of, proxy, services
):
    held = on(tasks.hold).enqueue(ledger.folder, "held")
    proxy.open()
    nodes = [
        queue_process(options=f"process_heartbeat_interval: 4\nprocess_alive_threshold: {THRESHOLD}")
        for _ in range(2)
    ]
    kinds = ("supervisor", "worker", "dispatcher")
    wait_until(lambda: ledger.started() and all(len(processes(kind)) == 2 for kind in kinds), GOOD_TIME)
    before = {p.id for kind in kinds for p in processes(kind)}
    proxy.cut()

    def is_old():
        cutoff = services.dialect.now().timestamp() - THRESHOLD
        return all(p.last_heartbeat_at.timestamp() < cutoff for p in processes("worker"))

    wait_until(is_old, GOOD_TIME)
    proxy.open()
    wait_until(lambda: all("maintenance works again" in log_of(node) for node in nodes), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: all_finished([held]), GOOD_TIME)
    assert (held.status, held.attempts, len(ledger.lines("start"))) == ("SUCCESSFUL", 1, 1)
    assert {p.id for kind in kinds for p in processes(kind)} == before


@pytest.mark.fault(17)
@only_on_one_server
def test_a_server_that_does_not_answer_holds_up_no_stop(on, queue_process, wait_until, ledger, log_of, proxy):
    on(tasks.hold).enqueue(ledger.folder, "held")
    proxy.open()
    process = queue_process(options="shutdown_timeout: 0.5\nprocess_heartbeat_interval: 0.2")
    wait_until(ledger.started, GOOD_TIME)
    proxy.stall()
    booting = queue_process()
    wait_until(lambda: "plugins:" in log_of(booting), GOOD_TIME)
    for stopping in (process, booting):
        stopping.send_signal(signal.SIGTERM)
    assert process.wait(GOOD_TIME) == 0
    assert booting.wait(GOOD_TIME) in (0, -signal.SIGTERM)


@pytest.mark.fault(18)
@only_on_servers
def test_a_stall_ends_in_resumed_work(
    on, queue_process, wait_until, ledger, processes, all_finished, log_of, proxy
):
    held = on(tasks.hold).enqueue(ledger.folder, "held")
    proxy.open()
    process = queue_process()
    wait_until(ledger.started, GOOD_TIME)
    proxy.stall()
    ledger.let_go()
    after = on(tasks.add).enqueue(1, 1)
    proxy.flow()
    wait_until(lambda: all_finished([held, after]), GOOD_TIME)
    assert held.attempts == 1
    assert process.poll() is None


@pytest.mark.fault(16)
@only_on_servers
def test_a_server_that_comes_late_is_waited_for(on, queue_process, wait_until, all_finished, log_of, proxy):
    result = on(tasks.add).enqueue(1, 1)
    process = queue_process()
    wait_until(lambda: failures(log_of(process), "boot"), GOOD_TIME)
    proxy.open()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    stopped = queue_process()
    proxy.cut()
    stopped.send_signal(signal.SIGTERM)
    assert stopped.wait(GOOD_TIME) in (0, -signal.SIGTERM)


@pytest.mark.fault(27)
@only_on_the_file
def test_a_foreign_lock_on_the_file_is_waited_for(
    on, queue_process, wait_until, ledger, processes, all_finished, log_of, monkeypatch
):
    monkeypatch.setenv("DJ_QUEUE_TEST_BUSY_TIMEOUT", "0.1")
    held = on(tasks.hold).enqueue(ledger.folder, "held")
    process = queue_process(options="process_heartbeat_interval: 0.5\nprocess_alive_threshold: 60")
    wait_until(ledger.started, GOOD_TIME)
    before = {p.id for p in processes("worker")}
    after = on(tasks.add).enqueue(1, 1)
    foreign = sqlite3.connect(settings.DATABASES["default"]["NAME"], isolation_level=None, timeout=GOOD_TIME)
    foreign.execute("BEGIN IMMEDIATE")
    try:
        ledger.let_go()
        for where in ("worker.record", "supervisor.maintenance"):
            wait_until(lambda where=where: failures(log_of(process), where), GOOD_TIME)
    finally:
        foreign.execute("ROLLBACK")
        foreign.close()
    wait_until(lambda: all_finished([held, after]), GOOD_TIME)
    assert (held.status, held.attempts) == ("SUCCESSFUL", 1)
    assert {p.id for p in processes("worker")} == before
    assert process.poll() is None


@pytest.mark.fault(29)
@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on_the_file
def test_a_file_that_is_replaced_ends_the_queue_with_a_clear_word(
    queue_process, wait_until, log_of, monkeypatch, mode
):
    ours = Path(settings.DATABASES["default"]["NAME"])
    other = ours.with_name("other.sqlite3")
    monkeypatch.setenv("DJ_QUEUE_TEST_NAME", other.stem)
    copy_database(ours, other)
    process = queue_process("--mode", mode)
    wait_until(lambda: "started worker" in log_of(process) and registered(other), GOOD_TIME)
    copy_database(ours, ours.with_name("next.sqlite3"))
    ours.with_name("next.sqlite3").replace(other)
    assert process.wait(GOOD_TIME) == 1
    assert "database 'default' was moved, deleted or replaced while the queue ran" in log_of(process)
    assert "Traceback" not in log_of(process)


def copy_database(source, target):
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(target)) as copy:
        original.backup(copy)


def registered(path):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT count(*) FROM dj_queue_process WHERE kind = 'supervisor'"
        ).fetchone()[0]
