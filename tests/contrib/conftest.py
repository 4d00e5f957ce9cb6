"""Real servers in front of the test project."""

import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.ending import end
from tests.ports import number_of, reserved_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(backend_alias, tmp_path, monkeypatch, wait_until):
    """`server(module, *arguments)` starts `python -m module` in a folder of its own and waits until it serves."""
    started, keepers = [], []
    monkeypatch.setenv("DJ_QUEUE_TEST_BACKEND", backend_alias)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))

    def start(*command):
        keepers.append(reserved_port())
        port = number_of(keepers[-1])
        log = (tmp_path / f"server-{port}.log").open("w")
        words = [word.replace("PORT", str(port)) for word in command]
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=tmp_path, stdout=log, stderr=log, env=dict(os.environ)
        )
        process.log = log
        started.append(process)
        wait_until(lambda: process.poll() is not None or _answers(port), 120)
        return process

    yield start
    for process in started:
        end(process)
        process.log.close()
    for keeper in keepers:
        keeper.close()


def _answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/admin/login/", timeout=30) as response:
            return response.status == 200
    except urllib.error.HTTPError:
        raise
    except OSError:
        return False
