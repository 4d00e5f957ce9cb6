"""What a fault is brought to: supervisors that are started again when they end, enqueuers, and the oracle."""

import math
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connections

from dj_queue.models import Process
from tests.faults import failpoints, own_server, tasks
from tests.faults.footprint import Footprint
from tests.faults.oracle import Allowances, Ledger, unfinished, violations

ROOT = Path(__file__).parents[2]
GOOD_TIME = 150
UNWANTED = ("Traceback (most recent call last)", "Exception in thread", "Exception ignored")
NONE = Allowances()
RECORD = re.compile(r"^(?=\d{4}-\d\d-\d\d [\d:,]+ )", re.MULTILINE)
OF_JOBS = re.compile(r"[\d-]+ [\d:,]+ \w+ +\[\d+\] django\.tasks: ")


def unwanted_in(logs):
    """What must never be said, apart from the tracebacks of jobs that failed, which Django's own logger tells."""
    said = "".join(record for record in RECORD.split(logs) if not OF_JOBS.match(record))
    return [text for text in UNWANTED if text in said]


@pytest.fixture
def written(tmp_path):
    """The ledger of this test: what ran, what was enqueued, who died."""
    folder = tmp_path / "written"
    folder.mkdir()
    return Ledger(folder)


@pytest.fixture
def failpoint(monkeypatch, written):
    """`failpoint(name, action)` names the moment for every process started from now on; `.arm()` makes it real."""

    class Failpoint:
        armed = written.folder / "armed"

        def __call__(self, name, action="kill"):
            monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.faults.failpoints")
            monkeypatch.setenv(failpoints.NAME, name)
            monkeypatch.setenv(failpoints.ACTION, action)
            monkeypatch.setenv(failpoints.ARMED, str(self.armed))
            monkeypatch.setenv(failpoints.DEATHS, str(written.folder / "deaths"))
            return self

        def arm(self):
            self.armed.touch()

        def disarm(self):
            self.armed.unlink(missing_ok=True)

        def is_spent(self):
            return not self.armed.exists()

    return Failpoint()


class Fleet:
    """Supervisors of one backend alias, each started again when it ends, as an init system does."""

    def __init__(self, start, log_of, services):
        self._start = start
        self._log_of = log_of
        self._services = services
        self._nodes = []
        self._all = []
        self._arguments = ()
        self._options = ""

    def launch(self, nodes, *arguments, options=""):
        """Start so many supervisors."""
        self._arguments, self._options = arguments, options
        self._nodes = [self._started() for _ in range(nodes)]

    def keep_up(self):
        """Start those again that ended."""
        self._nodes = [self._started() if node.poll() is not None else node for node in self._nodes]

    @property
    def supervisors(self):
        """The supervisor processes, in the order of their places."""
        return list(self._nodes)

    def pids(self, kind):
        """The pids of the registered processes of one kind, oldest first."""
        rows = Process.objects.using(self._services.database.alias).filter(kind=kind)
        return list(rows.order_by("started_at").values_list("pid", flat=True))

    def footprint(self, place=0):
        """What one node holds."""
        return Footprint.of(self._nodes[place].pid, self._services.database.alias)

    def logs(self):
        """All that every node ever said."""
        return "\n".join(self._log_of(node) for node in self._all)

    def _started(self):
        node = self._start(*self._arguments, options=self._options)
        self._all.append(node)
        return node


@pytest.fixture
def fleet(queue_process, log_of, services):
    """Supervisors that come back when they end; all are stopped after the test."""
    return Fleet(queue_process, log_of, services)


@pytest.fixture
def enqueuer(backend_alias, written):
    """`enqueuer(first, count)` starts a process that makes so many calls, of every kind; `rate` in a second at most.

    SIGTERM ends it after the job it is at; what still runs is killed at the end of the test.
    """
    started = []

    def start(first, count, rate=math.inf, batch=3):
        command = [sys.executable, "-m", "tests.faults.enqueuer", backend_alias, written.folder]
        environment = dict(os.environ)
        if not environment.get(failpoints.NAME, "").startswith("enqueue."):
            environment.pop(failpoints.NAME, None)
        words = [*command, first, count, rate, batch]
        process = subprocess.Popen([*map(str, words)], cwd=ROOT, env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.fixture
def backlog(on, written):
    """`backlog(count)` enqueues so many jobs and writes them down."""

    def enqueue(count):
        results = [on(tasks.work).enqueue(str(written.folder), number) for number in range(count)]
        with (written.folder / "enqueues").open("a") as file:
            file.writelines(f"committed {result.id}\n" for result in results)

    return enqueue


@pytest.fixture
def settle(services, fleet, wait_until):
    """`settle()` returns once no job is left to do; supervisors that end meanwhile are started again."""

    def is_settled():
        fleet.keep_up()
        return unfinished(services) == 0

    return lambda timeout=GOOD_TIME: wait_until(is_settled, timeout)


@pytest.fixture
def hold_to_promises(services, written, fleet, figures):
    """`hold_to_promises()` fails with every promise that is broken, once nothing moves any more."""

    def check(allowed=NONE, before=None, expected_in_logs=()):
        broken = violations(services, written, allowed)
        figures.note("jobs", len(written.enqueued()))
        figures.note("runs", len(written.runs()))
        if before is not None:
            broken += _until_none(lambda: fleet.footprint().growth(before))
        logs = fleet.logs()
        for line in expected_in_logs:
            logs = logs.replace(line, "")
        broken += [f"the log has: {text}" for text in unwanted_in(logs)]
        assert broken == [], "\n".join(broken) + "\n" + logs[-30000:]

    return check


def _until_none(look, seconds=60):
    """What is found still after a while: connections and processes take a moment to go."""
    deadline = time.monotonic() + seconds
    found = look()
    while found and time.monotonic() < deadline:
        time.sleep(0.2)
        found = look()
    return found


IS_IN_FULL = os.environ.get("DJ_QUEUE_TEST_FAULTS") == "full"
"""Whether the report is being made: what `make test` shortens is done in its full length."""
ROUNDS = int(os.environ.get("DJ_QUEUE_TEST_ROUNDS", "1"))


@pytest.fixture
def rounds():
    """How often a fault is brought: once in every test run, fifty times for the report."""
    return range(ROUNDS)


@pytest.fixture
def server_settings():
    """Settings of the server beyond the usual ones."""
    return ()


@pytest.fixture
def server(backend_alias, services, monkeypatch, server_settings):
    """A server of this test's own under the backend alias, for this process and those it starts."""
    kind = own_server.KINDS[backend_alias]
    if not kind.is_here:
        pytest.skip("no server program on this machine")
    server = kind(*server_settings)
    connection = connections[services.database.alias]
    name = connection.settings_dict["NAME"]
    before = dict(connection.settings_dict)
    connection.close()
    ours = {"HOST": "127.0.0.1", "PORT": str(server.port), "USER": server.user}
    connection.settings_dict.update(ours)
    monkeypatch.setenv(server.variable, f"{server.scheme}://{server.user}@127.0.0.1:{server.port}/")
    server.start()
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)}")
    call_command("migrate", database=services.database.alias, verbosity=0)
    yield server
    connection.close()
    connection.settings_dict.update(before)
    server.stop()
