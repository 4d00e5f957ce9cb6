"""The queue inside a real gunicorn: one of its workers runs it, another takes over."""

import os
import signal

import pytest

from tests.project import tasks
from tests.runtime.where import only_on_one

GOOD_TIME = 120
CONFIG = """
from dj_queue.contrib import gunicorn

worker_exit = gunicorn.worker_exit


def post_fork(server, worker):
    worker.dj_queue_backend_alias = {alias!r}
    gunicorn.post_fork(server, worker)
"""


@pytest.mark.parametrize("extra", [(), ("--preload",)], ids=["load in workers", "preload"])
@only_on_one("postgres")
def test_one_worker_runs_the_queue_and_another_takes_over(
    on, server, backend_alias, tmp_path, wait_until, ledger, processes, extra
):
    config = tmp_path / "gunicorn.conf.py"
    config.write_text(CONFIG.format(alias=backend_alias))
    first = on(tasks.hold).enqueue(ledger.folder, "first")
    arguments = ("-w", "2", "-b", "127.0.0.1:PORT", "-c", str(config), "--graceful-timeout", "30", *extra)
    process = server("gunicorn", "tests.project.wsgi:application", *arguments)
    wait_until(ledger.started, GOOD_TIME)
    (runner,) = wait_until(lambda: processes("supervisor"), GOOD_TIME)
    assert runner.pid != process.pid
    os.kill(runner.pid, signal.SIGKILL)
    wait_until(lambda: [p for p in processes("supervisor") if p.pid != runner.pid], GOOD_TIME)
    second = on(tasks.hold).enqueue(ledger.folder, "second")
    wait_until(lambda: "second" in {line.name for line in ledger.lines("start")}, GOOD_TIME)
    wait_until(lambda: len(processes("supervisor")) == len(processes("worker")) == 1, GOOD_TIME)
    process.terminate()
    ledger.let_go()
    assert process.wait(GOOD_TIME) == 0
    second.refresh()
    assert (second.status, second.attempts) == ("SUCCESSFUL", 1)
    first.refresh()
    assert first.status in ("SUCCESSFUL", "READY")
    assert processes("supervisor") == processes("worker") == []
