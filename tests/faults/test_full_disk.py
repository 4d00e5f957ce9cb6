"""Databases on a disk that is full, until there is space again."""

import os
import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connections

from dj_queue import services as services_module
from dj_queue.models import Job
from tests.faults import tasks
from tests.faults.conftest import GOOD_TIME
from tests.other_database import other_database
from tests.project.tasks import add
from tests.runtime.where import only_on

pytestmark = pytest.mark.fault(28)

RUNNING = 3
SIZE = {"sqlite": "3m", "postgresql": "40m"}
BIG = "x" * 5000
MANY = 100_000
FULL = "full|No space left"
OPTIONS = f"workers: [{{queues: 'default', threads: {RUNNING}, processes: 1}}]\n"
SPACE = "dj_queue_test_small"


class Disk:
    """A small file system, to be filled and cleared."""

    def __init__(self, folder):
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self):
        """Leave not a byte."""
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))
        with self._filler.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"\0")

    def clear(self):
        """As an operator does."""
        self._filler.unlink()


@pytest.fixture
def disk(services, tmp_path):
    """A disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    size = SIZE[connections[services.database.alias].vendor]
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this process may not mount a file system")
    yield Disk(folder)
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def on_the_disk(services, disk, monkeypatch):
    """The alias's database on that disk."""
    with placed(services, disk) as how, other_database(services, disk.folder, how) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        services_module.reset()
        call_command("migrate", "dj_queue", database=services.database.alias, verbosity=0)
        yield
        connections[services.database.alias].close()
    services_module.reset()


@contextmanager
def placed(services, disk):
    """What CREATE DATABASE needs to be told of the disk; a server of this machine puts its files there."""
    connection = connections[services.database.alias]
    if connection.vendor != "postgresql":
        yield ""
        return
    files = disk.folder / "files"
    files.mkdir()
    for parent in files.parents:
        with suppress(PermissionError):
            parent.chmod(parent.stat().st_mode | 0o055)
    try:
        shutil.chown(files, "postgres")
        with connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE TABLESPACE {SPACE} LOCATION '{files}'")
    except (LookupError, DatabaseError) as error:
        pytest.skip(f"no server of this machine: {error}")
    yield f"TABLESPACE {SPACE}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP TABLESPACE {SPACE}")


def enqueue_until_full(task):
    """The error that ends it."""
    with pytest.raises(DatabaseError, match=FULL) as caught:
        for _ in range(MANY):
            task.enqueue(BIG, 1)
    return caught.value


def is_whole(connection):
    """Whether SQLite finds nothing wrong with its file."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        return cursor.fetchall() == [("ok",)]


@only_on("default", "portable", "postgres")
def test_outcomes_are_kept_until_there_is_space_again(
    on_the_disk, disk, services, on, written, fleet, settle, wait_until, hold_to_promises
):
    folder = str(written.folder)
    fleet.launch(1, options=OPTIONS)
    held = [on(tasks.lasting).enqueue(folder, number) for number in range(RUNNING)]
    note(written, held)
    wait_until(lambda: len(written.runs()) == RUNNING, GOOD_TIME)
    disk.fill()
    enqueue_until_full(on(add, queue_name="nobody's"))
    (Path(folder) / "go").touch()
    wait_until(lambda: "full" in fleet.logs() or "No space left" in fleet.logs(), GOOD_TIME)
    disk.clear()
    connection = connections[services.database.alias]
    Job.objects.using(connection.alias).filter(queue_name="nobody's").delete()
    note(written, [on(tasks.work).enqueue(folder, number) for number in range(RUNNING)])
    settle()
    hold_to_promises()
    assert "too late" not in fleet.logs()
    assert len(written.runs()) == 2 * RUNNING
    assert connection.vendor != "sqlite" or is_whole(connection)


@only_on("default", "portable")
def test_a_file_that_may_not_grow_refuses_an_enqueue_and_takes_the_next(services, on, jobs, run_jobs):
    connection = connections[services.database.alias]
    first = on(add).enqueue(1, 1)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    try:
        enqueue_until_full(on(add, queue_name="nobody's"))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 4294967294")
    after = on(add).enqueue(2, 2)
    jobs.filter(queue_name="nobody's").delete()
    run_jobs()
    assert {jobs.get(id=result.id).status for result in (first, after)} == {"successful"}
    assert is_whole(connection)


def note(written, results):
    with (written.folder / "enqueues").open("a") as file:
        file.writelines(f"committed {result.id}\n" for result in results)
