"""The databases under test, made once a run and emptied after each test; real worker processes on them."""

import math
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import hypothesis
import pytest

# A loaded machine is no failure: examples may take their time.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")

# A script that has the tests run in its background has them ignore SIGINT, and whatever they start too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)

ROOT = Path(__file__).parents[1]
FOLDER = tempfile.TemporaryDirectory(prefix="dj_queue-tests-", ignore_cleanup_errors=True)
os.environ["DJ_QUEUE_TEST_FOLDER"] = FOLDER.name
# Not what is there already: each stream of a run has databases of its own.
os.environ["DJ_QUEUE_TEST_NAME"] = f"dj_queue_test_{os.getpid()}"
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"

import django

django.setup()

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from dj_queue import services as services_module
from dj_queue.models import TABLES, Job, Process
from tests.ending import end
from tests.operations.surgery import Surgeon
from tests.runtime.ledger import Ledger
from tests.runtime.tcp_proxy import TcpProxy

pytest_plugins = ["tests.faults.collecting"]

ALIASES = sorted(settings.TASKS)
MORE = "DJ_QUEUE_TEST_MORE_SERVERS"


@pytest.fixture(scope="session", autouse=True)
def _databases(request):
    """Make the databases of this run, and drop them at its end."""
    for alias in settings.DATABASES:
        if alias != "default":
            _on_server(alias, "CREATE DATABASE")
        call_command("migrate", database=alias, verbosity=0)
    request.config.pluginmanager.get_plugin("dj_queue-faults").look_at_databases(
        {alias: settings.TASKS[alias]["OPTIONS"].get("database_alias", "default") for alias in ALIASES}
    )
    yield
    for alias in settings.DATABASES:
        connections[alias].close()
        if alias != "default":
            _on_server(alias, "DROP DATABASE")
    FOLDER.cleanup()


def _on_server(alias, verb):
    connection = connections[alias]
    # A pooler keeps connections to the database that nobody uses any more.
    force = " WITH (FORCE)" if verb.startswith("DROP") and connection.vendor == "postgresql" else ""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"{verb} {connection.ops.quote_name(settings.DATABASES[alias]['NAME'])}{force}")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Tests that share a server, or what their folder makes, follow each other."""
    from tests.streams import Streams

    return Streams(config, log)


def pytest_collection_modifyitems(items):
    """Leave out what other servers need not repeat, and what a second dialect on SQLite need not."""
    items[:] = [
        item
        for item in items
        if (_is_on_a_main_server(item) or _is_for_every_server(item)) and not _is_once_more_on_sqlite(item)
    ]


def _is_for_every_server(item):
    return _is_for_the_report(item) or item.get_closest_marker("every_server")


def _is_for_the_report(item):
    is_of_the_faults = item.path.is_relative_to(ROOT / "tests" / "faults") and item.get_closest_marker(
        "fault"
    )
    return os.environ.get("DJ_QUEUE_TEST_FAULTS") == "full" and is_of_the_faults


def _is_once_more_on_sqlite(item):
    is_long = item.get_closest_marker("of_the_runtime") and not _is_for_the_report(item)
    return is_long and item.callspec.params.get("backend_alias") == "portable"


def _is_on_a_main_server(item):
    return (
        "callspec" not in vars(item) or item.callspec.params.get("backend_alias") not in settings.MORE_SERVERS
    )


@pytest.fixture(params=ALIASES)
def backend_alias(request):
    """Each backend alias in turn: every database, and the portable dialect beside SQLite's own."""
    services = services_module.services_for(request.param)
    if hasattr(services.claim, "_dear"):
        # On a busy machine looks take long, which is not what a dead front is told by.
        services.claim._dear = math.inf
    yield request.param
    services = services_module.services_for(request.param)
    for model in TABLES:
        model.objects.using(services.database.alias).all().delete()


@pytest.fixture
def services(backend_alias):
    """What serves the backend alias."""
    return services_module.services_for(backend_alias)


@pytest.fixture
def jobs(services):
    """The stored jobs."""
    return Job.objects.using(services.database.alias)


@pytest.fixture
def on(backend_alias):
    """`on(task)` is the task on the backend alias under test."""
    return lambda task, **changes: task.using(backend=backend_alias, **changes)


@pytest.fixture
def surgeon(services):
    """Raw SQL on the queue's tables."""
    return Surgeon(services)


@pytest.fixture
def ledger(tmp_path):
    """Where jobs write that they start and end."""
    return Ledger(tmp_path)


@pytest.fixture
def processes(services):
    """`processes(kind)` are the registered processes of one kind, oldest first."""
    rows = Process.objects.using(services.database.alias)
    return lambda kind: list(rows.filter(kind=kind).order_by("started_at"))


@pytest.fixture
def queue_process(backend_alias, tmp_path):
    """`queue_process(*arguments, **options)` starts a real `manage.py dj_queue`; it is stopped at the end.

    `inside` are the first words of a command that runs the rest of it somewhere else, such as on another host.
    """
    started = []

    def start(*arguments, options="", inside=()):
        config = tmp_path / f"queue-{len(started)}.yml"
        config.write_text(options)
        log = (tmp_path / f"queue-{len(started)}.log").open("w+")
        command = [
            *inside,
            sys.executable,
            ROOT / "tests" / "project" / "manage.py",
            "dj_queue",
            "--backend",
            backend_alias,
        ]
        process = subprocess.Popen(
            [*command, "--config", config, *arguments], stdout=log, stderr=subprocess.STDOUT, cwd=ROOT
        )
        process.log = log
        started.append(process)
        return process

    yield start
    for process in started:
        end(process)
        process.log.close()


@pytest.fixture
def log_of():
    """`log_of(process)` is all that a queue process and its children said."""
    return lambda process: Path(process.log.name).read_text()


@pytest.fixture
def wait_until():
    """`wait_until(predicate)` returns its first true answer; fails after `timeout` seconds."""

    def wait(predicate, timeout=90.0):
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            answer = predicate()
            if answer:
                return answer
            time.sleep(0.02)
        pytest.fail(f"not true within {timeout} s: {predicate}")

    return wait


@pytest.fixture
def all_finished():
    """`all_finished(results)`: whether each of them ended, read afresh."""

    def look(results):
        for result in results:
            result.refresh()
        return all(result.is_finished for result in results)

    return look


@pytest.fixture
def run_jobs(backend_alias):
    """`run_jobs()` runs every job that is ready, here and now."""
    from dj_queue import api

    def run():
        while claimed := api.claim_ready_jobs(limit=50, backend_alias=backend_alias):
            for job in claimed:
                api.execute_claimed_job(job, backend_alias=backend_alias)

    return run


VARIABLES = {"postgres": "DJ_QUEUE_TEST_POSTGRES_URL", "mysql": "DJ_QUEUE_TEST_MYSQL_URL"}


@pytest.fixture
def make_proxy(backend_alias):
    """`make_proxy(address)` is a closed way to the server under test, which listens there once it is opened."""
    database = settings.DATABASES[backend_alias]
    made = []

    def make(address="127.0.0.1"):
        made.append(TcpProxy(database["HOST"], int(database["PORT"]), address))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()


@pytest.fixture
def lead_through(backend_alias, monkeypatch):
    """`lead_through(proxy)`: queue processes started from now on reach their server by it; this one has its own way."""

    def lead(proxy):
        if backend_alias in VARIABLES:
            url = settings.SERVERS[backend_alias]
            monkeypatch.setenv(VARIABLES[backend_alias], _through(proxy, url))
            return
        servers = dict(settings.MORE_SERVERS)
        servers[backend_alias] = _through(proxy, servers[backend_alias])
        monkeypatch.setenv(MORE, " ".join(f"{alias}={url}" for alias, url in servers.items()))

    return lead


@pytest.fixture
def proxy(make_proxy, lead_through):
    """Between the queue processes and their server, from now on. Closed until opened."""
    proxy = make_proxy()
    lead_through(proxy)
    return proxy


def _through(proxy, url):
    parts = urlsplit(url)
    user = parts.netloc.rpartition("@")[0]
    return parts._replace(netloc=f"{user}@{proxy.address}:{proxy.port}").geturl()
