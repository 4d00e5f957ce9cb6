"""The router: where dj_queue's tables live, and that a queue never asks another database."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import override_settings

from dj_queue import api
from dj_queue.models import Job, Pause
from dj_queue.routers import DjQueueRouter
from tests.project.tasks import add

ROOT = Path(__file__).parents[1]
BACKEND = "dj_queue.backend.DjQueueBackend"
IMMEDIATE = {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}
ROUTER = DjQueueRouter()


def queue_on(database):
    return {"BACKEND": BACKEND, "OPTIONS": {"database_alias": database}}


class ReplicaRouter:
    """Sends every read to a replica that does not answer."""

    def db_for_read(self, model, **hints):
        return "replica"


def test_reads_and_writes_go_to_the_queues_database():
    for model in (Job, Pause):
        assert ROUTER.db_for_read(model) == ROUTER.db_for_write(model) == "default"


def test_other_apps_are_none_of_its_business():
    assert ROUTER.db_for_read(User) is None
    assert ROUTER.db_for_write(User) is None
    assert ROUTER.allow_migrate("default", "auth") is None
    assert ROUTER.allow_relation(User(), User()) is None


def test_another_backend_in_the_default_place_changes_nothing():
    with override_settings(TASKS={"default": IMMEDIATE, "queue": queue_on("default")}):
        assert ROUTER.db_for_read(Job) == "default"
        assert ROUTER.allow_migrate("default", "dj_queue")


def test_while_no_backend_is_dj_queues_the_tables_are_made_like_any_apps():
    with override_settings(TASKS={"default": IMMEDIATE}):
        assert ROUTER.allow_migrate("default", "dj_queue") is None
        assert ROUTER.db_for_read(Job) is None


def test_a_subclassed_backend_counts():
    path = "tests.test_backend.SubclassedBackend"
    with override_settings(TASKS={"default": {"BACKEND": path, "OPTIONS": {}}}):
        assert ROUTER.allow_migrate("default", "dj_queue")


@pytest.mark.fault(61)
def test_a_queue_never_asks_a_replica(on, backend_alias, run_jobs):
    with override_settings(DATABASE_ROUTERS=[f"{__name__}.ReplicaRouter"]):
        result = on(add).enqueue(1, 2)
        orders = api.QueueInfo("default", backend_alias=backend_alias)
        orders.pause()
        orders.resume()
        assert orders.size == 1
        run_jobs()
        result.refresh()
        assert result.return_value == 3
        assert api.metrics(backend_alias=backend_alias) is not None


THREE_DATABASES = """
from tests.project.settings import *
def sqlite(name):
    return {{"ENGINE": "django.db.backends.sqlite3", "NAME": r"{folder}/" + name}}
DATABASES = {{"default": sqlite("app"), "queue": sqlite("queue"), "reports": sqlite("reports")}}
def on(database):
    return {{"BACKEND": "dj_queue.backend.DjQueueBackend", "OPTIONS": {{"database_alias": database}}}}
TASKS = {{
    "default": {{"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}},
    "jobs": on("queue"),
    "reports": on("reports"),
}}
"""


@pytest.fixture
def with_three_databases(tmp_path):
    """`with_three_databases(code)`: what it prints in a project whose queues live on two of three databases."""
    (tmp_path / "three_databases.py").write_text(THREE_DATABASES.format(folder=tmp_path))
    environment = {"DJANGO_SETTINGS_MODULE": "three_databases", "PYTHONPATH": f"{tmp_path}:{ROOT}"}

    def run(code):
        done = subprocess.run(
            [sys.executable, "-c", f"import django\ndjango.setup()\n{code}"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.split()

    return run


def test_migrate_makes_the_tables_on_each_queue_database_alone(with_three_databases):
    code = """
from django.core.management import call_command
from django.db import connections
for alias in ("default", "queue", "reports"):
    call_command("migrate", database=alias, verbosity=0)
    print("dj_queue_job" in connections[alias].introspection.table_names())
from tests.project.tasks import add
print(add.enqueue(1, 2).return_value, add.using(backend="reports").enqueue(1, 2).status)
"""
    assert with_three_databases(code) == ["False", "True", "True", "3", "READY"]


def test_an_instance_stays_on_the_database_it_came_from(with_three_databases):
    code = """
from django.db import router
from dj_queue.models import Job, Pause
job, pause = Job(), Pause()
print(router.db_for_read(Job), router.db_for_write(Job))
job._state.db = pause._state.db = "reports"
print(router.db_for_write(Job, instance=job), router.allow_relation(job, pause))
pause._state.db = "queue"
print(router.allow_relation(job, pause))
"""
    assert with_three_databases(code) == ["queue", "queue", "reports", "True", "False"]
