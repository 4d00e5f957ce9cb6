"""Real processes: enqueued here, run by `manage.py dj_queue`, read back here."""

import signal

import pytest

from dj_queue.operations.jobs import retry_failed_job
from tests.project import tasks

pytestmark = pytest.mark.every_server


def finished(results):
    for result in results:
        result.refresh()
    return all(result.is_finished for result in results)


@pytest.mark.fault(22)
@pytest.mark.smoke
@pytest.mark.parametrize("mode", ["fork", "async"])
def test_jobs_run_and_results_are_read_back(on, queue_process, wait_until, mode):
    results = [
        on(tasks.add).enqueue(3, 7),
        on(tasks.anap).enqueue(0.01),
        on(tasks.attempt_number).enqueue(),
        on(tasks.third_time).enqueue(),
    ]
    process = queue_process("--mode", mode)
    wait_until(lambda: finished(results))
    assert [result.return_value for result in results] == [10, 0.01, 1, 3]
    assert results[3].attempts == 3
    assert len(results[3].errors) == 2
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0


@pytest.mark.fault(7)
def test_a_job_that_kills_its_worker_fails_with_the_cause_after_three_attempts(on, queue_process, wait_until):
    poison = on(tasks.signal_self).enqueue(int(signal.SIGKILL))
    good = [on(tasks.add).enqueue(i, i) for i in range(20)]
    queue_process()
    wait_until(lambda: finished([poison, *good]))
    # Beside the other one, either of the two could be the cause of both ends.
    once = on(tasks.vanish_once).enqueue(3)
    wait_until(lambda: finished([once]))
    assert poison.attempts == 3
    assert "SIGKILL" in poison.errors[-1].traceback
    assert once.attempts == 1
    assert "code 3" in once.errors[-1].traceback
    assert {result.status for result in good} == {"SUCCESSFUL"}


def test_sigterm_gives_back_what_has_not_started_and_ends_what_runs(
    on, queue_process, wait_until, ledger, tmp_path, monkeypatch
):
    events = tmp_path / "events"
    monkeypatch.setenv("DJ_QUEUE_TEST_LEDGER", str(events))
    monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.project.witness")
    running = on(tasks.hold).enqueue(ledger.folder, "running")
    process = queue_process(options="workers: [{queues: '*', threads: 1}]\nshutdown_timeout: 600")
    wait_until(ledger.started)
    waiting = [on(tasks.nap).enqueue(0.5) for _ in range(4)]
    process.send_signal(signal.SIGTERM)
    # The worker has heard of it: it takes nothing more when its thread is free.
    wait_until(lambda: "worker.stop" in events.read_text())
    ledger.let_go()
    assert process.wait(60) == 0
    running.refresh()
    assert running.status == "SUCCESSFUL"
    for result in waiting:
        result.refresh()
        assert (result.status, result.attempts) == ("READY", 0)


def test_a_failed_job_can_be_retried(on, queue_process, wait_until, backend_alias):
    result = on(tasks.fail).enqueue("again")
    queue_process()
    wait_until(lambda: finished([result]))
    retry_failed_job(result.id, backend_alias=backend_alias)
    wait_until(lambda: finished([result]) and result.attempts == 2)
    assert result.status == "FAILED"


def test_jobs_of_one_key_run_one_at_a_time(on, queue_process, wait_until, tmp_path):
    path = str(tmp_path / "ledger")
    results = [on(tasks.per_account).enqueue("a", path, 0.05) for _ in range(6)]
    queue_process(options="workers: [{queues: '*', threads: 4}]")
    wait_until(lambda: finished(results))
    lines = (tmp_path / "ledger").read_text().splitlines()
    assert lines == ["start a", "end a"] * 6


def test_scheduled_jobs_wait_for_their_time_and_then_run(on, queue_process, wait_until):
    from datetime import UTC, datetime, timedelta

    due = datetime.now(UTC) + timedelta(seconds=2)
    result = on(tasks.add, run_after=due).enqueue(1, 1)
    queue_process()
    wait_until(lambda: finished([result]))
    assert result.started_at >= due - timedelta(seconds=0.1)


@pytest.mark.fault(31)
def test_recurring_tasks_fire_once_a_slot(on, queue_process, wait_until, services, tmp_path):
    from dj_queue.models import RecurringExecution

    options = """
recurring:
  tick:
    task_path: tests.project.tasks.add
    schedule: "* * * * * *"
    args: [1, 2]
"""
    queue_process(options=options)
    queue_process(options=options)
    fired = RecurringExecution.objects.using(services.database.alias)
    wait_until(lambda: fired.count() >= 4)
    slots = list(fired.values_list("run_at", flat=True))
    assert len(slots) == len(set(slots))
