"""Ctrl-C at a terminal and systemd's default send the signal to every process at once."""

import os
import signal

import pytest

from dj_queue.models import Process
from tests.project import tasks
from tests.runtime.where import only_on_one


@pytest.mark.fault(47)
@only_on_one("postgres")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_that_reaches_children_too_lets_running_jobs_end(
    on, services, queue_process, wait_until, tmp_path, number
):
    ledger = tmp_path / "ledger"
    running = on(tasks.note_and_nap).enqueue(str(ledger), 1)
    process = queue_process("--mode", "fork")
    wait_until(ledger.exists)
    worker = Process.objects.using(services.database.alias).get(kind="worker")
    os.kill(worker.pid, number)
    process.send_signal(number)
    assert process.wait(60) == 0
    running.refresh()
    assert (running.status, running.attempts) == ("SUCCESSFUL", 1)
