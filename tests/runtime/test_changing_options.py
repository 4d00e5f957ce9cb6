"""Options that change while the queue runs: who is replaced, who is not, and what becomes of running jobs."""

import os
import signal

import pytest

from tests.project import tasks
from tests.project.changing_options import HANGS, IS_HUNG, VARIABLE
from tests.runtime.where import only_on, only_on_one

GOOD_TIME = 120
TAKEN_OVER = "options changed: "


@pytest.fixture
def say(tmp_path, monkeypatch):
    """`say(text)`: what the source of options says from now on."""
    path = tmp_path / "changing.yml"
    monkeypatch.setenv(VARIABLE, str(path))

    def write(text):
        new = path.with_suffix(".new")
        new.write_text(text)
        new.replace(path)

    write("")
    return write


@pytest.fixture
def start(say, queue_process, wait_until, processes):
    """`start(*arguments, options=...)`: a queue whose options can change, with its workers at work."""

    def start(*arguments, options=""):
        process = queue_process(*arguments, options=f"plugins: [tests.project.changing_options]\n{options}")
        every = (
            ("supervisor", "worker") if "--only-work" in arguments else ("supervisor", "worker", "dispatcher")
        )
        wait_until(lambda: all(processes(kind) for kind in every), GOOD_TIME)
        return process

    return start


def threads(processes):
    return sorted(worker.metadata["threads"] for worker in processes("worker"))


@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on("default", "postgres", "mysql")
def test_only_actors_whose_options_changed_are_replaced(
    on, say, start, processes, wait_until, log_of, all_finished, mode
):
    queue = start("--mode", mode)
    before = {kind: processes(kind)[0].id for kind in ("supervisor", "worker", "dispatcher")}
    say("workers: [{threads: 5}]")
    wait_until(lambda: threads(processes) == [5], GOOD_TIME)
    assert processes("worker")[0].id != before["worker"]
    for kind in ("supervisor", "dispatcher"):
        assert processes(kind)[0].id == before[kind]
    job = on(tasks.add).enqueue(1, 2)
    wait_until(lambda: all_finished([job]), GOOD_TIME)
    assert f"{TAKEN_OVER}workers" in log_of(queue)
    assert " ended: " not in log_of(queue)
    queue.terminate()
    assert queue.wait(GOOD_TIME) == 0


@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on_one("default")
def test_actors_come_and_go(say, start, processes, wait_until, mode):
    start("--mode", mode)
    say("workers: [{processes: 2, threads: 1}, {queues: email, threads: 7}]")
    wait_until(lambda: threads(processes) == [1, 1, 7], GOOD_TIME)
    kept = {worker.id for worker in processes("worker") if worker.metadata["threads"] == 1}
    say("workers: [{threads: 1}]")
    wait_until(lambda: threads(processes) == [1], GOOD_TIME)
    assert processes("worker")[0].id in kept


@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on("default", "postgres")
def test_a_recurring_task_that_comes_is_fired_and_no_worker_is_touched(
    say, start, processes, wait_until, jobs, mode
):
    start("--mode", mode)
    (worker,) = processes("worker")
    say("recurring: {tick: {task_path: tests.project.tasks.add, schedule: '* * * * * *', args: [1, 1]}}")
    wait_until(lambda: jobs.filter(status="successful").exists(), GOOD_TIME)
    assert [each.id for each in processes("worker")] == [worker.id]
    say("")
    wait_until(lambda: not processes("scheduler"), GOOD_TIME)


@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on("default", "postgres")
def test_running_jobs_end_on_the_worker_that_makes_way_however_long_they_take(
    on, say, start, processes, wait_until, ledger, jobs, mode
):
    start("--mode", mode, options="shutdown_timeout: 0.1")
    job = on(tasks.hold).enqueue(ledger.folder, "long")
    wait_until(lambda: ledger.running() == 1, GOOD_TIME)
    (old,) = processes("worker")
    say("workers: [{threads: 5}]\nmax_lost_attempts: 7")
    wait_until(lambda: threads(processes) == [3, 5], GOOD_TIME)
    others = [on(tasks.add).enqueue(number, 1) for number in range(20)]
    wait_until(lambda: jobs.filter(status="successful").count() == len(others), GOOD_TIME)
    ledger.let_go()
    wait_until(lambda: threads(processes) == [5], GOOD_TIME)
    job.refresh()
    assert (job.status, jobs.get(id=job.id).attempts) == ("SUCCESSFUL", 1)
    assert old.id not in {worker.id for worker in processes("worker")}


@only_on_one("default")
def test_a_stop_interrupts_who_makes_way_after_its_own_timeout(
    on, say, start, processes, wait_until, ledger, jobs
):
    queue = start(options="shutdown_timeout: 1")
    on(tasks.hold).enqueue(ledger.folder, "long")
    wait_until(lambda: ledger.running() == 1, GOOD_TIME)
    say(f"workers: [{{threads: 5}}]\nshutdown_timeout: {GOOD_TIME}")
    wait_until(lambda: threads(processes) == [3, 5], GOOD_TIME)
    queue.terminate()
    assert queue.wait(GOOD_TIME) == 0
    assert jobs.get().status == "ready"


@only_on_one("default")
def test_nonsense_changes_nothing_is_said_once_and_better_options_count(
    say, start, processes, wait_until, log_of
):
    queue = start()
    before = processes("worker")[0].id
    refused = "the options stay as they are: "
    say("workers: [{threads: 0}]")
    wait_until(lambda: "changing.yml: workers[0].threads" in log_of(queue), GOOD_TIME)
    say("[")
    wait_until(lambda: log_of(queue).count(refused) == 2, GOOD_TIME)
    say("workers: [{threads: 4}]")
    wait_until(lambda: threads(processes) == [4], GOOD_TIME)
    assert before not in {worker.id for worker in processes("worker")}
    assert log_of(queue).count(refused) == 2


@only_on_one("default")
def test_options_that_wait_for_the_next_start_are_named(say, start, processes, wait_until, log_of):
    queue = start()
    say("mode: async\nworkers: [{threads: 4}]")
    wait_until(lambda: threads(processes) == [4], GOOD_TIME)
    assert log_of(queue).count("changed, and will count from the next start on: mode") == 1


@only_on_one("default")
def test_only_what_the_command_line_asked_for_follows(say, start, processes, wait_until):
    start("--only-work")
    say("workers: [{threads: 4}]\nscheduler: {dynamic_tasks_enabled: true}")
    wait_until(lambda: threads(processes) == [4], GOOD_TIME)
    assert not processes("dispatcher")
    assert not processes("scheduler")


@only_on_one("default")
def test_a_source_that_hangs_keeps_nobody_from_replacing_the_dead(
    say, start, processes, wait_until, tmp_path
):
    start()
    (worker,) = processes("worker")
    say(HANGS)
    wait_until((tmp_path / IS_HUNG).exists, GOOD_TIME)
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: [each.id for each in processes("worker")] not in ([], [worker.id]), GOOD_TIME)
    say("workers: [{threads: 4}]")
    wait_until(lambda: threads(processes) == [4], GOOD_TIME)
