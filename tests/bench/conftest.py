"""The benchmark, run as `make bench` runs it, and figures to work with."""

import os
import subprocess
import sys

import pytest

from bench.measurement import Measurement
from tests.docs.pages import ROOT


@pytest.fixture
def run_bench():
    """`run_bench(*arguments)` runs the benchmark in a process of its own and returns how it ended, with its output."""

    def run(*arguments):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        command = [sys.executable, "-m", "bench", *map(str, arguments)]
        return subprocess.run(
            command, capture_output=True, text=True, cwd=ROOT, timeout=500, check=False, env=environment
        )

    return run


@pytest.fixture
def measured():
    """`measured(value, ...)` is one measurement of a rate, with changes."""

    def make(rate, subject="sqlite", workload="drain", case="threads", amount=10, others=0.0):
        return Measurement(subject, workload, case, amount, {"jobs_per_second": rate}, others)

    return make
