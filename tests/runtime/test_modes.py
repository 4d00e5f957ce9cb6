"""What each mode runs, and several supervisors beside each other."""

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.project import tasks
from tests.runtime.where import only_on, only_on_one

GOOD_TIME = 120


@pytest.mark.parametrize(
    ("argument", "kinds"),
    [
        ("--only-work", {"supervisor", "worker"}),
        ("--only-dispatch", {"supervisor", "dispatcher"}),
        ("--skip-recurring", {"supervisor", "worker", "dispatcher"}),
    ],
)
@only_on_one("default")
def test_arguments_choose_what_runs(queue_process, wait_until, processes, argument, kinds):
    options = "recurring: {tick: {task_path: tests.project.tasks.add, schedule: '0 0 1 1 *', args: [1, 1]}}"
    process = queue_process(argument, options=options)
    every = ("supervisor", "worker", "dispatcher", "scheduler")
    wait_until(lambda: {kind for kind in every if processes(kind)} == kinds, GOOD_TIME)
    process.terminate()
    assert process.wait(GOOD_TIME) == 0
    assert not any(processes(kind) for kind in every)


@pytest.mark.fault(35)
@only_on("default", "mysql", "postgres")
def test_two_supervisors_of_one_host_run_each_job_once(
    on, jobs, queue_process, wait_until, tmp_path, processes
):
    path = tmp_path / "ran"
    for number in range(100):
        on(tasks.note).enqueue(str(path), number)
    nodes = [queue_process("--mode", mode) for mode in ("fork", "async")]
    wait_until(lambda: len(processes("worker")) == 2, GOOD_TIME)
    for number in range(100, 200):
        on(tasks.note).enqueue(str(path), number)
    wait_until(lambda: jobs.filter(status="successful").count() == 200, GOOD_TIME)
    assert Counter(path.read_text().split()) == Counter(str(number) for number in range(200))
    assert not jobs.exclude(attempts=1).exists()
    assert all(node.poll() is None for node in nodes)


@pytest.mark.fault(35)
@only_on_one("default")
def test_a_pidfile_keeps_a_second_supervisor_from_starting(
    on, queue_process, wait_until, processes, all_finished, log_of, tmp_path
):
    pidfile = tmp_path / "queue.pid"
    options = f"supervisor_pidfile: {pidfile}"
    first = queue_process(options=options)
    wait_until(lambda: processes("worker"), GOOD_TIME)
    second = queue_process(options=options)
    assert second.wait(GOOD_TIME) == 1
    assert f"{pidfile}: another supervisor runs with pid {first.pid}" in log_of(second)
    assert "Traceback" not in log_of(second)
    first.kill()
    first.wait()
    assert pidfile.exists()
    third = queue_process(options=options)
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    third.terminate()
    assert third.wait(GOOD_TIME) == 0
    assert not pidfile.exists()


@only_on("default", "postgres")
def test_hundreds_of_coroutines_wait_at_once_in_one_worker(
    on, jobs, queue_process, wait_until, ledger, processes
):
    for number in range(300):
        on(tasks.ahold).enqueue(ledger.folder, f"job-{number}")
    queue_process(options="workers: [{queues: '*', threads: 1, async_concurrency: 300}]")
    wait_until(lambda: ledger.running() == 300, GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: jobs.filter(status="successful").count() == 300, GOOD_TIME)
    (worker,) = processes("worker")
    assert {line.pid for line in ledger.lines("start")} == {worker.pid}


@only_on("default", "mysql")
def test_a_full_loop_claims_no_more_than_one_job_ahead(on, jobs, queue_process, wait_until, ledger):
    for number in range(100):
        on(tasks.ahold).enqueue(ledger.folder, f"job-{number}")
    options = "workers: [{queues: '*', threads: 1, async_concurrency: 10}]"
    queue_process(options=options)
    wait_until(lambda: ledger.running() == 10, GOOD_TIME)
    queue_process(options=options)
    wait_until(lambda: ledger.running() == 20, GOOD_TIME)
    assert jobs.filter(status="claimed").count() <= 22
    assert len({line.pid for line in ledger.lines("start")}) == 2
    ledger.let_go()
    wait_until(lambda: jobs.filter(status="successful").count() == 100, GOOD_TIME)
    assert not jobs.exclude(attempts=1).exists()


@pytest.mark.fault(60)
@only_on("default", "postgres")
def test_long_jobs_are_shared_by_all_workers_and_not_hoarded(
    on, queue_process, wait_until, ledger, processes, all_finished
):
    short = [on(tasks.add).enqueue(number, 1) for number in range(100)]
    queue_process(options="workers: [{queues: '*', threads: 3, processes: 2}]")
    wait_until(lambda: all_finished(short) and len(processes("worker")) == 2, GOOD_TIME)
    # The workers have learnt that jobs are short.
    long = [on(tasks.hold).enqueue(ledger.folder, f"job-{number}") for number in range(6)]
    wait_until(lambda: ledger.running() == 6, GOOD_TIME)
    assert sorted(Counter(line.pid for line in ledger.lines("start")).values()) == [3, 3]
    ledger.let_go()
    wait_until(lambda: all_finished(long), GOOD_TIME)


@only_on_one("mysql")
def test_processes_are_titled_by_what_they_do(queue_process, wait_until, processes, backend_alias):
    process = queue_process()
    wait_until(lambda: processes("worker") and processes("dispatcher"), GOOD_TIME)

    def title(pid):
        return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0")

    assert title(process.pid) == f"dj_queue: supervisor ({backend_alias})"
    for kind in ("worker", "dispatcher"):
        assert title(processes(kind)[0].pid) == f"dj_queue: {kind} ({backend_alias})"
        assert os.getpgid(processes(kind)[0].pid) == os.getpgid(process.pid)
