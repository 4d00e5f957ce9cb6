"""Commands run in processes of their own, and databases that have no tables yet."""

import os
import pty
import subprocess
import sys
import termios
from contextlib import suppress
from datetime import timedelta
from io import StringIO
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connections

from dj_queue.models import Process
from dj_queue.operations import processes

ROOT = Path(__file__).parents[2]
MANAGE = ROOT / "tests" / "project" / "manage.py"

one_backend = pytest.mark.parametrize("backend_alias", ["default"], indirect=True)
"""For what has nothing to do with the database, and takes a process."""


@pytest.fixture
def manage():
    """`manage("dj_queue", ...)` runs the command to its end; keywords are environment variables."""

    def run(*arguments, **environment):
        return subprocess.run(
            [sys.executable, MANAGE, *map(str, arguments)],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=180,
            check=False,
        )

    return run


@pytest.fixture
def manage_on_a_terminal():
    """`manage_on_a_terminal("dj_queue_prune", ...)` runs the command to its end; all that the terminal showed."""

    def run(*arguments):
        ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (24, 100))
        command = [sys.executable, MANAGE, *map(str, arguments)]
        with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT) as process:
            os.close(theirs)
            shown = b""
            # Linux says EIO once the last process has closed the other end.
            with suppress(OSError):
                while piece := os.read(ours, 4096):
                    shown += piece
            os.close(ours)
            assert process.wait(180) == 0, shown
        return shown.decode()

    return run


@pytest.fixture
def call(backend_alias):
    """`call("dj_queue_health", ...)` runs the command here, on the alias under test; what it printed."""

    def run(command, *arguments):
        out = StringIO()
        call_command(command, "--backend", backend_alias, *arguments, stdout=out)
        return out.getvalue().strip()

    return run


@pytest.fixture
def register(services):
    """`register("worker", age=90, threads=3)` writes the row of a process that spoke so many seconds ago."""

    def write(kind, *, age=0.0, is_supervised=True, **metadata):
        process = processes.describe_process(services, kind, uuid4())
        processes.register(services, process, uuid4() if is_supervised else None, metadata)
        if age:
            spoke = services.dialect.now() - timedelta(seconds=age)
            Process.objects.using(services.database.alias).filter(id=process.id).update(
                last_heartbeat_at=spoke
            )
        return process

    return write


@pytest.fixture
def empty_database(services, tmp_path):
    """The environment of a project whose database for the alias under test exists and has no tables."""
    alias = services.database.alias
    if alias == "default":
        yield {"DJ_QUEUE_TEST_FOLDER": str(tmp_path)}
        return
    name = f"{settings.DATABASES[alias]['NAME']}_empty"
    quoted = connections[alias].ops.quote_name(name)
    with connections[alias]._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {quoted}")
    yield {"DJ_QUEUE_TEST_FOLDER": str(tmp_path), "DJ_QUEUE_TEST_NAME": name}
    # The server may not have noticed yet that a process has ended.
    force = " WITH (FORCE)" if connections[alias].vendor == "postgresql" else ""
    with connections[alias]._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE {quoted}{force}")


@pytest.fixture
def silent_database(services, tmp_path):
    """The environment of a project whose database for the alias under test does not answer."""
    alias = services.database.alias
    if alias == "default":
        (tmp_path / "default.sqlite3").mkdir()
        return {"DJ_QUEUE_TEST_FOLDER": str(tmp_path), "DJ_QUEUE_TEST_NAME": "default"}
    scheme = {"postgres": "postgresql", "mysql": "mysql"}[alias]
    return {f"DJ_QUEUE_TEST_{alias.upper()}_URL": f"{scheme}://nobody@127.0.0.1:1/nothing"}
