"""`manage.py dj_queue` from outside: what it teaches, shows, refuses and waits for."""

import os
import signal
import subprocess
import sys

import pytest

from dj_queue import __version__
from tests.management.conftest import MANAGE, ROOT, one_backend

FLAGS = (
    "--backend",
    "--config",
    "--mode",
    "--only-work",
    "--only-dispatch",
    "--skip-recurring",
    "--migration-wait-timeout",
    "--show-config",
    "--reload",
    "--log-format",
)


@pytest.fixture
def start(backend_alias, tmp_path):
    """`start(..., **environment)` starts the command on the alias under test; its output is in `.log`."""
    started = []

    def run(*arguments, **environment):
        log = tmp_path / f"start-{len(started)}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, MANAGE, "dj_queue", "--backend", backend_alias, *arguments],
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
            )
        process.log = log
        started.append(process)
        return process

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_help_teaches_every_flag_and_the_way_on(manage):
    done = manage("dj_queue", "--help")
    assert done.returncode == 0
    for flag in FLAGS:
        assert flag in done.stdout
    assert "dj_queue plugins" in done.stdout


@one_backend
def test_show_config_names_the_source_of_every_option(manage, backend_alias, tmp_path):
    file = tmp_path / "queue.yml"
    file.write_text("workers: [{threads: 7}]\n")
    done = manage(
        *("dj_queue", "--backend", backend_alias, "--config", file, "--mode", "async", "--show-config"),
        DJ_QUEUE_SKIP_RECURRING="1",
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert lines["mode"].split()[1:] == ["async", "command", "line"]
    assert lines["skip_recurring"].split()[1:] == ["True", "DJ_QUEUE_SKIP_RECURRING"]
    assert lines["workers[0].threads"].split()[1] == "7"
    assert str(file) in lines["workers[0].threads"]
    assert lines["process_heartbeat_interval"].endswith("TASKS")
    assert lines["shutdown_timeout"].endswith("default")


def test_plugins_lists_plugins_and_what_serves_each_backend(manage, backend_alias, services):
    done = manage("dj_queue", "plugins")
    assert (done.returncode, done.stderr) == (0, "")
    backends = done.stdout.partition("\nbackends\n")[2].splitlines()
    (line,) = [line for line in backends if line.split()[0] == backend_alias]
    for fact in (services.database.alias, services.dialect.name, services.claim.name):
        assert fact in line


@pytest.mark.fault(62)
@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--backend", "nosuch"], "TASKS has no backend alias 'nosuch'"),
        (["--only-work", "--only-dispatch"], "exclude each other"),
        (["--mode", "threads"], "'threads' is not allowed; use one of 'fork', 'async'"),
        (["--config", "/no/such/file.yml"], "/no/such/file.yml: it cannot be read"),
        (["--migration-wait-timeout=-1"], "use seconds of at least 0"),
        (["--migration-wait-timeout=nan"], "use seconds of at least 0"),
        (["--no-such-flag"], "unrecognized arguments: --no-such-flag"),
        (["explode"], "choose from"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_work_is_refused_without_a_traceback(manage, arguments, told):
    done = manage("dj_queue", *arguments)
    assert done.returncode in (1, 2)
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.fault(55)
@one_backend
def test_every_mistake_is_named_at_once_and_nothing_starts(manage, backend_alias, tmp_path):
    file = tmp_path / "queue.yml"
    file.write_text("workers: [{threads: 0, colour: red}]\nshutdown_timeout: soon\n")
    done = manage("dj_queue", "--backend", backend_alias, "--config", file)
    assert (done.returncode, done.stdout) == (1, "")
    for place in ("workers[0].threads", "workers[0].colour", "shutdown_timeout"):
        assert f"{file}: {place}: " in done.stderr
    assert "started" not in done.stderr


def test_a_backend_of_someone_else_is_refused(manage, tmp_path):
    (tmp_path / "someone_else.py").write_text(
        "from tests.project.settings import *\n"
        "TASKS = {'queue': TASKS['default'], 'default': {'BACKEND': 'django.tasks.backends.dummy.DummyBackend'}}\n"
    )
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    done = manage("dj_queue", DJANGO_SETTINGS_MODULE="someone_else", PYTHONPATH=path)
    assert done.returncode == 1
    assert "TASKS['default']['BACKEND']" in done.stderr
    assert "'queue'" in done.stderr
    shown = manage(
        "dj_queue",
        "--backend",
        "queue",
        "--show-config",
        DJANGO_SETTINGS_MODULE="someone_else",
        PYTHONPATH=path,
    )
    assert shown.returncode == 0


def test_a_broken_plugin_does_not_hide_the_others(manage, tmp_path):
    (tmp_path / "one_broken.py").write_text(
        "from tests.project.settings import *\n"
        "TASKS['broken'] = {**TASKS['default'], 'OPTIONS': {'plugins': ['no.such.plugin']}}\n"
    )
    path = f"{tmp_path}{os.pathsep}{ROOT}"
    done = manage("dj_queue", "plugins", DJANGO_SETTINGS_MODULE="one_broken", PYTHONPATH=path)
    assert done.returncode == 1
    assert "backend 'broken'" in done.stderr
    assert "no.such.plugin" in done.stderr
    assert any(line.split()[0] == "default" for line in done.stdout.splitlines())


def test_the_boot_says_what_starts_on_what(start, wait_until, backend_alias, services):
    process = start("--only-work")
    wait_until(lambda: "started worker" in process.log.read_text())
    said = process.log.read_text()
    assert f"dj_queue {__version__}: backend {backend_alias!r} in fork mode: 1 worker\n" in said
    assert f"database {services.database.alias!r}: dialect {services.dialect.name}" in said
    process.terminate()
    assert process.wait(60) == 0


WITHOUT_FORK = f"""
import os, runpy, sys
for name in ("fork", "register_at_fork"):
    delattr(os, name)
sys.argv = [{str(MANAGE)!r}, *sys.argv[1:]]
runpy.run_path({str(MANAGE)!r}, run_name="__main__")
"""


@one_backend
def test_a_platform_without_fork_runs_in_async_mode_and_says_so(backend_alias, tmp_path, wait_until):
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", WITHOUT_FORK, "dj_queue", "--backend", backend_alias],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    try:
        wait_until(lambda: "started worker" in log.read_text())
        assert "in async mode (this platform cannot fork)" in log.read_text()
        process.terminate()
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()


@one_backend
def test_fork_mode_is_refused_where_nothing_can_fork(backend_alias):
    arguments = ["dj_queue", "--backend", backend_alias, "--mode", "fork"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_FORK, *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=180,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == "CommandError: command line: mode: this platform cannot fork; use 'async'"


@pytest.mark.fault(37)
@pytest.mark.fault(37)
def test_missing_tables_are_waited_for_and_then_named_in_one_line(start, empty_database, services):
    process = start("--migration-wait-timeout", "1", **empty_database)
    assert process.wait(60) == 1
    lines = process.log.read_text().splitlines()
    alias = services.database.alias
    wanted = f"database {alias!r} lacks the migrations dj_queue.0001"
    assert len([line for line in lines if line.startswith(f"CommandError: {wanted}")]) == 1
    assert lines[-1].endswith(f"run `manage.py migrate dj_queue --database {alias}`")
    assert "Traceback" not in process.log.read_text()


@pytest.mark.fault(37)
@pytest.mark.fault(37)
def test_a_migration_that_comes_while_it_waits_lets_it_start(
    start, manage, empty_database, services, wait_until
):
    process = start(**empty_database)
    wait_until(lambda: "lacks the migrations" in process.log.read_text())
    done = manage(
        "migrate", "dj_queue", "--database", services.database.alias, "--verbosity", "0", **empty_database
    )
    assert done.returncode == 0, done.stderr
    wait_until(lambda: "started worker" in process.log.read_text())
    process.terminate()
    assert process.wait(60) == 0


@one_backend
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT])
def test_a_stop_while_it_waits_for_tables_is_an_orderly_end(start, empty_database, wait_until, number):
    process = start(**empty_database)
    wait_until(lambda: "lacks the migrations" in process.log.read_text())
    process.send_signal(number)
    assert process.wait(60) == 0


@pytest.mark.fault(16)
def test_a_silent_database_is_waited_for_until_a_stop(start, silent_database, wait_until):
    process = start("--migration-wait-timeout", "0", **silent_database)
    wait_until(lambda: "boot failed and will be tried again" in process.log.read_text())
    assert process.poll() is None
    process.terminate()
    assert process.wait(60) == 0


@pytest.mark.fault(17)
def test_a_database_that_hangs_does_not_hold_up_a_stop(start, wait_until, services, backend_alias):
    import socket

    if services.database.alias == "default":
        pytest.skip("a file answers or does not")
    scheme = {"postgres": "postgresql", "mysql": "mysql"}[services.database.alias]
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"{scheme}://nobody@127.0.0.1:{server.getsockname()[1]}/nothing"
        process = start(**{f"DJ_QUEUE_TEST_{services.database.alias.upper()}_URL": url})
        server.settimeout(60)
        connection, _address = server.accept()
        with connection:
            process.terminate()
            assert process.wait(60) == 0
