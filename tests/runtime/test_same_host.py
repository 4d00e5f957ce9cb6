"""Real processes that wake each other on one machine: with a poll an hour, only a hint can be what starts a job."""

import os
import shutil
import signal
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.project import tasks
from tests.runtime.where import only_on, only_on_one

GOOD_TIME = 120
HOURLY = """
wakeup: [same_host]
workers: [{queues: '*', polling_interval: 3600}]
dispatchers: [{polling_interval: 3600}]
"""


@pytest.fixture
def temporary(monkeypatch):
    """A directory for temporary files that this test and its processes have for themselves."""
    from dj_queue.portable.same_host import folder

    path = Path(tempfile.mkdtemp(prefix="dj-", dir="/tmp"))
    monkeypatch.setenv("TMPDIR", str(path))
    folder._private.cache_clear()
    yield path
    folder._private.cache_clear()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def idle_queue(on, queue_process, wait_until, all_finished):
    """`idle_queue()` is a running queue that has looked for jobs, run one, and will look again in an hour."""

    def start(*arguments, options=HOURLY):
        process = queue_process(*arguments, options=options)
        first = on(tasks.add).enqueue(0, 0)
        wait_until(lambda: all_finished([first]), GOOD_TIME)
        return process

    return start


@pytest.mark.smoke
@pytest.mark.parametrize("mode", ["fork", "async"])
def test_an_idle_worker_starts_what_is_enqueued_beside_it(on, idle_queue, wait_until, all_finished, mode):
    idle_queue("--mode", mode)
    for number in range(10):
        result = on(tasks.add).enqueue(number, 1)
        wait_until(lambda result=result: all_finished([result]), GOOD_TIME)
        assert result.return_value == number + 1


@only_on("portable", "mysql")
def test_of_many_jobs_enqueued_at_once_none_is_left(on, jobs, idle_queue, wait_until):
    idle_queue(options=HOURLY.replace("'*',", "'*', processes: 2,"))
    for number in range(300):
        on(tasks.add).enqueue(number, 1)
    wait_until(lambda: jobs.filter(status="successful").count() == 301, GOOD_TIME)


def test_an_idle_dispatcher_hears_of_a_job_that_is_due_soon(on, idle_queue, wait_until, all_finished):
    idle_queue()
    for _ in range(3):
        soon = datetime.now(UTC) + timedelta(seconds=0.3)
        result = on(tasks.add, run_after=soon).enqueue(1, 1)
        wait_until(lambda result=result: all_finished([result]), GOOD_TIME)


def test_a_retry_after_a_moment_does_not_wait_for_the_dispatcher_to_look(
    on, idle_queue, wait_until, all_finished
):
    idle_queue()
    result = on(tasks.third_time).enqueue()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert (result.return_value, result.attempts) == (3, 3)


@only_on_one("portable")
def test_the_sockets_of_the_dead_go_and_at_the_end_none_is_left(
    temporary, idle_queue, on, wait_until, all_finished, processes
):
    process = idle_queue()
    (folder,) = temporary.glob(f"dj_queue-{os.geteuid()}")
    wait_until(lambda: len(list(folder.iterdir())) == 2, GOOD_TIME)
    before = set(folder.iterdir())
    (worker,) = processes("worker")
    os.kill(worker.pid, signal.SIGKILL)
    wait_until(lambda: len(list(folder.iterdir())) == 2 and set(folder.iterdir()) != before, GOOD_TIME)
    result = on(tasks.add).enqueue(1, 1)
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    process.terminate()
    assert process.wait(GOOD_TIME) == 0
    assert not list(folder.iterdir())


@only_on_one("portable")
def test_without_a_place_for_sockets_polling_finds_the_jobs(
    temporary, on, queue_process, wait_until, all_finished, log_of
):
    temporary.rmdir()
    process = queue_process(options="wakeup: [same_host]")
    results = [on(tasks.add).enqueue(number, 1) for number in range(5)]
    wait_until(lambda: all_finished(results), GOOD_TIME)
    assert "no wakeups by sockets" in log_of(process)
