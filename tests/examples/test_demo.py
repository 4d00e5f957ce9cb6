"""The demo counts what is there, stops what it starts, and says so when something goes wrong."""

import os
import re
import signal
import sqlite3
from contextlib import closing

import pytest

from dj_queue.contract import Status
from tests.examples.conftest import EXAMPLES

MODULES = 60
ANNOUNCED = (
    r"scheduled +'ring, ring: three seconds are over': began \d+ ms after its time",
    r"recurring +.*fired at :\d\d, :\d\d, :\d\d",
    r"async +20 async jobs",
    r"ZeroDivisionError: division by zero",
    r"stopped +the queue process ended gracefully",
)


def facts(output):
    """The names and values of the summary's tables."""
    return dict(re.findall(r"│ ([a-z][a-z ,]*?) +│ +([\d,.]+) │", output))


def wait_for_line(process, text):
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"the demo ended without a line with {text!r}")


def pid_of_the_supervisor(folder):
    with closing(sqlite3.connect(folder / "site.sqlite3")) as database:
        return database.execute("SELECT pid FROM dj_queue_process WHERE kind = 'supervisor'").fetchone()[0]


def test_demo_shows_all_it_announces_and_the_census_that_a_plain_loop_finds(run_script, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    from library.census import find_modules, measure_source

    counted = [measure_source(path.read_bytes()) for _name, path in list(find_modules())[:MODULES]]
    ended = run_script("demo.py", "--limit", str(MODULES))
    assert ended.returncode == 0, ended.stdout + ended.stderr
    for line in ANNOUNCED:
        assert re.search(line, ended.stdout), ended.stdout
    shown = facts(ended.stdout)
    assert shown["modules"] == shown["jobs of the census"] == str(MODULES)
    for name in ("lines", "functions", "classes"):
        assert shown[name] == f"{sum(found[name] for found in counted):,}"


def test_demo_fails_with_the_log_when_its_queue_process_dies(start_script, tmp_path):
    demo = start_script("demo.py")
    wait_for_line(demo, "· census")
    os.kill(pid_of_the_supervisor(tmp_path / "demo"), signal.SIGKILL)
    output, _ = demo.communicate(timeout=180)
    assert demo.returncode == 1
    assert "the queue process ended by itself, with exit code -9" in output
    # Its workers outlive it for a moment, and say more than the last lines hold.
    assert re.search(r"\[\d+\] dj_queue\.\w+: ", output), output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_demo_stops_its_queue_process_in_order(start_script, tmp_path, number):
    demo = start_script("demo.py")
    wait_for_line(demo, "· census")
    demo.send_signal(number)
    demo.communicate(timeout=180)
    assert demo.returncode == 130
    with closing(sqlite3.connect(tmp_path / "demo" / "site.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM dj_queue_process").fetchone() == (0,)
        claimed = database.execute("SELECT count(*) FROM dj_queue_job WHERE status = ?", (Status.CLAIMED,))
        assert claimed.fetchone() == (0,)


def test_second_demo_in_one_folder_is_refused(start_script, run_script):
    first = start_script("demo.py")
    wait_for_line(first, "· census")
    second = run_script("demo.py", "--limit", "1")
    assert second.returncode == 1
    assert "another demo is using" in second.stdout
