"""Every way to be asked to stop, and what is left of the jobs afterwards."""

import os
import signal

import pytest

from tests.project import tasks
from tests.runtime.where import only_on_one

GOOD_TIME = 120
ONE_THREAD = "workers: [{queues: '*', threads: 1}]"


def states(jobs):
    return set(jobs.values_list("status", flat=True))


@pytest.mark.fault(47)
@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on_one("mysql")
def test_a_second_signal_or_quit_interrupts_what_runs_at_once(
    on, jobs, queue_process, wait_until, ledger, log_of, mode
):
    results = [
        on(tasks.hold).enqueue(ledger.folder, "thread"),
        on(tasks.ahold).enqueue(ledger.folder, "loop"),
    ]
    twice = queue_process("--mode", mode, options="shutdown_timeout: 600")
    wait_until(lambda: ledger.started(2), GOOD_TIME)
    twice.send_signal(signal.SIGTERM)
    wait_until(lambda: "stopping" in log_of(twice), GOOD_TIME)
    twice.send_signal(signal.SIGTERM)
    assert twice.wait(GOOD_TIME) == 0
    assert states(jobs) == {"ready"}
    assert jobs.filter(attempts=1, lost=0).count() == 2
    quitting = queue_process("--mode", mode, options="shutdown_timeout: 600")
    wait_until(lambda: ledger.started(4), GOOD_TIME)
    quitting.send_signal(signal.SIGQUIT)
    assert quitting.wait(GOOD_TIME) == 0
    for result in results:
        result.refresh()
        assert (result.status, result.attempts) == ("READY", 2)
        assert result.errors[0].exception_class_path == "dj_queue.runtime.outcomes.Interrupted"


@pytest.mark.fault(47)
@only_on_one("postgres")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_int_and_hup_let_running_jobs_end(on, queue_process, wait_until, ledger, number):
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    process = queue_process(options="shutdown_timeout: 600")
    wait_until(ledger.started, GOOD_TIME)
    process.send_signal(number)
    ledger.let_go()
    assert process.wait(GOOD_TIME) == 0
    result.refresh()
    assert result.status == "SUCCESSFUL"


@pytest.mark.fault(45, 46)
@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on_one("default")
def test_jobs_that_never_end_cannot_hold_the_exit(
    on, jobs, queue_process, wait_until, ledger, all_finished, mode
):
    hung = [
        on(tasks.hold).enqueue(ledger.folder, "thread"),
        on(tasks.ahold).enqueue(ledger.folder, "loop"),
        on(tasks.hold_in_executor).enqueue(ledger.folder, "executor"),
        on(tasks.block_loop).enqueue(ledger.folder, "blocked"),
    ]
    short = on(tasks.add).enqueue(1, 1)
    process = queue_process("--mode", mode, options="shutdown_timeout: 0.5")
    wait_until(lambda: ledger.started(len(hung)) and all_finished([short]), GOOD_TIME)
    process.send_signal(signal.SIGTERM)
    assert process.wait(GOOD_TIME) == 0
    assert short.status == "SUCCESSFUL"
    for result in hung:
        result.refresh()
        assert (result.status, result.attempts) == ("READY", 1)


@pytest.mark.fault(46)
def test_a_stop_gives_claimed_ahead_jobs_back_uncounted_and_a_hung_one_runs_again(
    on, jobs, queue_process, wait_until, ledger, all_finished
):
    first = [on(tasks.add).enqueue(i, i) for i in range(20)]
    held = on(tasks.hold).enqueue(ledger.folder, "held")
    behind = [on(tasks.attempt_number).enqueue() for _ in range(5)]
    process = queue_process(options=f"{ONE_THREAD}\nshutdown_timeout: 0.2")
    wait_until(ledger.started, GOOD_TIME)
    process.send_signal(signal.SIGTERM)
    assert process.wait(GOOD_TIME) == 0
    assert all_finished(first)
    assert (
        not jobs.filter(id__in=[result.id for result in behind]).exclude(status="ready", attempts=0).exists()
    )
    ledger.let_go()
    queue_process()
    wait_until(lambda: all_finished([held, *behind]), GOOD_TIME)
    assert (held.status, held.attempts) == ("SUCCESSFUL", 2)
    assert [result.return_value for result in behind] == [1] * 5


@pytest.mark.fault(47)
@only_on_one("mysql")
def test_a_child_told_to_stop_alone_finishes_its_job_and_is_replaced(
    on, queue_process, wait_until, ledger, processes, all_finished
):
    result = on(tasks.hold).enqueue(ledger.folder, "held")
    process = queue_process(options="shutdown_timeout: 600")
    wait_until(ledger.started, GOOD_TIME)
    (worker,) = processes("worker")
    os.kill(worker.pid, signal.SIGTERM)
    ledger.let_go()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert (result.status, result.attempts) == ("SUCCESSFUL", 1)
    wait_until(lambda: [p for p in processes("worker") if p.pid != worker.pid], GOOD_TIME)
    after = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([after]), GOOD_TIME)
    assert process.poll() is None


@pytest.mark.fault(47)
@only_on_one("postgres")
def test_a_stop_during_the_boot_leaves_nothing_behind(queue_process, processes, wait_until, log_of, is_alive):
    for _ in range(3):
        process = queue_process()
        wait_until(lambda process=process: "plugins:" in log_of(process), GOOD_TIME)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GOOD_TIME) in (0, -signal.SIGTERM)
        assert "did not end in time" not in log_of(process)
    for kind in ("supervisor", "worker", "dispatcher"):
        assert processes(kind) == []
