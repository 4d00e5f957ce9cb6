"""`manage.py dj_queue --reload`: code that changes is run by the next job, and no job is cut off for it."""

import importlib
import os
import signal
import subprocess
import sys

import pytest

from dj_queue.models import Process
from tests.management.conftest import MANAGE, ROOT, one_backend

TASKS = """
import time
from pathlib import Path

from django.tasks import task


@task
def answer():
    return {answer!r}


@task
def wait_for(path):
    Path(path + ".started").touch()
    while not Path(path).exists():
        time.sleep(0.05)
    return "ended"
"""
GOOD_TIME = 90


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A module of tasks that processes find: `.write(answer)`, and `.tasks()` imports it here."""
    name = "tasks_that_change"
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))

    class Module:
        def write(self, answer):
            (tmp_path / f"{name}.py").write_text(TASKS.format(answer=answer))

        def save_again(self):
            """A file that was imported less than a second before its change is not watched yet."""
            (tmp_path / f"{name}.py").touch()

        def tasks(self):
            return importlib.import_module(name)

    yield Module()
    sys.modules.pop(name, None)


@pytest.fixture
def reloading(backend_alias, tmp_path):
    """The command with `--reload` as its own group of processes; its output is in `.path`."""
    path = tmp_path / "reloading.log"
    with path.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, MANAGE, "dj_queue", "--backend", backend_alias, "--reload"],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            start_new_session=True,
        )
    process.path = path
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def terminate(process):
    process.terminate()


def press_ctrl_c(process):
    os.killpg(process.pid, signal.SIGINT)


@one_backend
def test_nothing_is_left_when_the_reloader_is_killed(reloading, services, wait_until):
    rows = Process.objects.using(services.database.alias)
    wait_until(lambda: rows.filter(kind="worker").exists(), GOOD_TIME)
    reloading.kill()
    wait_until(lambda: not rows.exists(), GOOD_TIME)


@one_backend
def test_changed_code_is_run_and_running_jobs_end(module, request, services, on, jobs, wait_until, tmp_path):
    module.write("old")
    reloading = request.getfixturevalue("reloading")
    tasks = module.tasks()
    first = on(tasks.answer).enqueue()
    wait_until(lambda: jobs.filter(id=first.id, return_value="old").exists(), GOOD_TIME)
    rows = Process.objects.using(services.database.alias)
    old = list(rows.values_list("id", flat=True))
    gate = tmp_path / "gate"
    held = on(tasks.wait_for).enqueue(str(gate))
    wait_until((tmp_path / "gate.started").exists, GOOD_TIME)
    module.write("new")
    wait_until(lambda: module.save_again() or "stopping" in reloading.path.read_text(), GOOD_TIME)
    gate.touch()
    # A claim that had begun when the stop came may still take a job.
    wait_until(lambda: not rows.filter(id__in=old).exists(), GOOD_TIME)
    assert jobs.get(id=held.id).return_value == "ended"
    assert jobs.get(id=held.id).attempts == 1
    second = on(tasks.answer).enqueue()
    wait_until(lambda: jobs.filter(id=second.id, return_value="new").exists(), GOOD_TIME)
    os.killpg(reloading.pid, signal.SIGINT)
    reloading.wait(GOOD_TIME)
    wait_until(lambda: not rows.exists(), GOOD_TIME)
    assert "Traceback" not in reloading.path.read_text()


@pytest.mark.parametrize("interrupt", [terminate, press_ctrl_c], ids=lambda interrupt: interrupt.__name__)
@one_backend
def test_running_jobs_end_when_it_is_stopped(
    module, request, services, on, jobs, wait_until, tmp_path, interrupt
):
    module.write("old")
    reloading = request.getfixturevalue("reloading")
    gate = tmp_path / "gate"
    held = on(module.tasks().wait_for).enqueue(str(gate))
    wait_until((tmp_path / "gate.started").exists, GOOD_TIME)
    interrupt(reloading)
    wait_until(lambda: "stopping" in reloading.path.read_text(), GOOD_TIME)
    gate.touch()
    assert reloading.wait(GOOD_TIME) == 0
    assert jobs.get(id=held.id).return_value == "ended"
    assert not Process.objects.using(services.database.alias).exists()


def test_fork_mode_is_refused(manage):
    done = manage("dj_queue", "--reload", "--mode", "fork")
    assert done.returncode == 1
    assert done.stderr.strip().endswith("leave out --mode fork")
