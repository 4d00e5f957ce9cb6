"""No fault of the matrix is forgotten."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.faults.collecting import REPORT
from tests.faults.rows import BY_NUMBER, ELSEWHERE, OPEN

ROOT = Path(__file__).parents[2]


def test_every_fault_has_a_test_or_a_reason(tmp_path):
    collected = tmp_path / "collected.json"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-q",
        "-m",
        "fault",
        "-p",
        "no:cacheprovider",
    ]
    environment = {**os.environ, REPORT: str(collected), "DJ_QUEUE_TEST_FOLDER": str(tmp_path)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    marked = {row for test in json.loads(collected.read_text())["tests"] for row in test["rows"]}
    assert marked <= set(BY_NUMBER)
    assert set(BY_NUMBER) - marked - set(ELSEWHERE) == set(OPEN)
