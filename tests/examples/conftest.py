"""Scripts of `examples/`, run as their readers run them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def outside(tmp_path):
    """The environment of someone who runs an example: nothing of this test run's own in it."""
    ours = ("DJANGO_", "DJ_QUEUE_", "EXAMPLES_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return {**environment, "EXAMPLES_FOLDER": str(tmp_path / "demo")}


@pytest.fixture
def run_script(outside, tmp_path):
    """`run_script(name, *arguments)` runs a script from another folder and returns how it ended, with its output."""

    def run(name, *arguments):
        command = [sys.executable, EXAMPLES / name, *arguments]
        return subprocess.run(
            command, capture_output=True, text=True, env=outside, cwd=tmp_path, timeout=300, check=False
        )

    return run


@pytest.fixture
def start_script(outside, tmp_path):
    """`start_script(name, *arguments)` starts a script whose output can be read while it runs."""
    started = []

    def start(name, *arguments):
        command = [sys.executable, EXAMPLES / name, *arguments]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        process = subprocess.Popen(command, text=True, env=outside, cwd=tmp_path, **pipes)
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=180)
