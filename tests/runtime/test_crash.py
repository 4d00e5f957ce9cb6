"""Processes that are killed or stopped, and what becomes of their jobs."""

import os
import signal

import pytest

from tests.project import tasks
from tests.runtime.where import only_on, only_on_one

ONE_THREAD = "workers: [{queues: '*', threads: 1}]"
SOON_LOST = "process_heartbeat_interval: 0.5\nprocess_alive_threshold: 5"
GOOD_TIME = 120


def test_a_killed_worker_gives_its_unstarted_jobs_back_uncounted(
    on, services, jobs, queue_process, wait_until, ledger, processes, all_finished
):
    # Short jobs teach the worker to claim ahead; then one holds its only thread.
    first = [on(tasks.add).enqueue(i, i) for i in range(20)]
    held = on(tasks.hold).enqueue(ledger.folder, "held")
    behind = [on(tasks.attempt_number).enqueue() for _ in range(5)]
    queue_process(options=ONE_THREAD)
    wait_until(ledger.started, GOOD_TIME)
    (worker,) = processes("worker")
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: ledger.started(2), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: all_finished([*first, held, *behind]), GOOD_TIME)
    assert [line.attempt for line in ledger.lines("start")] == [1, 2]
    assert held.status == "SUCCESSFUL"
    assert "SIGKILL" in held.errors[0].traceback
    assert [result.return_value for result in behind] == [1] * 5
    assert jobs.get(id=held.id).lost == 1


@pytest.mark.fault(2)
@only_on("default", "mysql")
def test_children_of_a_killed_supervisor_end_and_the_next_one_runs_their_jobs(
    on, queue_process, wait_until, ledger, processes, all_finished, is_alive
):
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    killed = queue_process()
    wait_until(ledger.started, GOOD_TIME)
    children = [*processes("worker"), *processes("dispatcher")]
    killed.kill()
    killed.wait()
    wait_until(lambda: not any(is_alive(child.pid) for child in children), GOOD_TIME)
    queue_process()
    wait_until(lambda: ledger.started(2), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert result.status == "SUCCESSFUL"
    assert len(ledger.lines("end")) == 1


@pytest.fixture
def node(processes, wait_until):
    """`node()` is the supervisor, the dispatcher and the worker of the only node, once all have registered."""

    def whole():
        rows = [processes(kind) for kind in ("supervisor", "dispatcher", "worker")]
        return [row for of_kind in rows for row in of_kind] if all(rows) else None

    return lambda: wait_until(whole, GOOD_TIME)


@pytest.mark.fault(3)
@only_on("postgres", "portable")
def test_the_jobs_of_a_lost_host_run_on_another_after_the_threshold(
    on, jobs, queue_process, wait_until, ledger, processes, all_finished, node
):
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    queue_process(options=SOON_LOST)
    wait_until(jobs.exclude(last_attempted_at=None).exists, GOOD_TIME)
    lost = node()
    queue_process(options=SOON_LOST)
    wait_until(lambda: len(processes("supervisor")) == 2, GOOD_TIME)
    # All at once: nobody sees another one die, and ends in order.
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for process in lost:
            os.kill(process.pid, number)
    wait_until(lambda: ledger.started(2), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert (result.status, result.attempts) == ("SUCCESSFUL", 2)
    wait_until(lambda: not {p.id for p in lost} & {p.id for p in processes("worker")}, GOOD_TIME)


@pytest.mark.fault(4)
@only_on_one("postgres")
def test_a_host_that_froze_past_the_threshold_changes_nothing_when_it_wakes(
    on, jobs, queue_process, wait_until, ledger, processes, all_finished, log_of, is_alive, node
):
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    frozen = queue_process(options=SOON_LOST)
    wait_until(jobs.exclude(last_attempted_at=None).exists, GOOD_TIME)
    asleep = node()
    queue_process(options=SOON_LOST)
    wait_until(lambda: len(processes("supervisor")) == 2, GOOD_TIME)
    try:
        for process in asleep:
            os.kill(process.pid, signal.SIGSTOP)
        wait_until(lambda: ledger.started(2), GOOD_TIME)
        ledger.let_go()
        wait_until(lambda: all_finished([result]), GOOD_TIME)
    finally:
        for process in reversed(asleep):
            os.kill(process.pid, signal.SIGCONT)
    outcome = jobs.values("status", "attempts", "process_id", "finished_at", "errors").get(id=result.id)
    worker = asleep[-1]
    # It is told, replaced, and its supervisor registers again.
    wait_until(lambda: not is_alive(worker.pid), GOOD_TIME)
    wait_until(lambda: len(processes("worker")) == len(processes("supervisor")) == 2, GOOD_TIME)
    assert frozen.poll() is None
    assert "taken for dead" in log_of(frozen)
    assert (
        jobs.values("status", "attempts", "process_id", "finished_at", "errors").get(id=result.id) == outcome
    )
    assert (result.status, result.attempts) == ("SUCCESSFUL", 2)


@pytest.mark.fault(4)
@only_on_one("mysql")
def test_workers_of_a_frozen_supervisor_claim_nothing_until_it_wakes(
    on, queue_process, wait_until, ledger, processes, all_finished
):
    frozen = queue_process(options=SOON_LOST)
    wait_until(lambda: processes("worker"), GOOD_TIME)
    (worker,) = processes("worker")
    os.kill(frozen.pid, signal.SIGSTOP)
    try:
        # The other node takes the silent ones for dead.
        queue_process("--only-dispatch", options=SOON_LOST)
        wait_until(lambda: not processes("worker"), GOOD_TIME)
        result = on(tasks.hold).enqueue(ledger.folder, "held")
        other = queue_process("--only-work", options=SOON_LOST)
        wait_until(ledger.started, GOOD_TIME)
        assert other.poll() is None
        assert ledger.lines("start")[0].pid != worker.pid
    finally:
        os.kill(frozen.pid, signal.SIGCONT)
    wait_until(lambda: len(processes("worker")) == 2, GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert [line.attempt for line in ledger.lines("start")] == [1]


@only_on_one("default")
def test_a_task_whose_module_ends_the_process_fails_like_any_that_kills_its_worker(
    on, jobs, queue_process, wait_until, all_finished
):
    broken = on(tasks.add).enqueue(1, 1)
    jobs.filter(id=broken.id).update(task_path="tests.project.exploding.never")
    good = on(tasks.add).enqueue(1, 1)
    queue_process()
    wait_until(lambda: jobs.get(id=broken.id).status == "failed" and all_finished([good]), GOOD_TIME)
    assert jobs.get(id=broken.id).lost == 3
    assert "exited with code 9" in jobs.get(id=broken.id).errors[-1]["traceback"]
    assert good.status == "SUCCESSFUL"
