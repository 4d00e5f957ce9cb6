"""The example claim strategy, installed from its wheel: it passes the conformance suite and serves real processes."""

import os
import subprocess
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.examples.plugins.conftest import PLUGINS

psycopg = pytest.importorskip("psycopg")

NAME = "dj_queue_advisory_claim"
URL = os.environ.get("DJ_QUEUE_TEST_POSTGRES_URL", "")
SETTINGS = """
INSTALLED_APPS = ["dj_queue", "jobs"]
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "{database}",
        "HOST": "{server.hostname}",
        "PORT": "{server.port}",
        "USER": "{server.username}",
        "PASSWORD": "{password}",
    }}
}}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
USE_TZ = True
TASKS = {{
    "default": {{
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "QUEUES": [],
        "OPTIONS": {{"claim_strategy": "{strategy}", "workers": [{{"processes": 2}}]}},
    }}
}}
"""
JOBS = """
from pathlib import Path

from django.tasks import task


@task
def write(name):
    with Path(name).open("x") as file:
        file.write("once")
"""
ENQUEUE = "import django; django.setup(); import jobs; [jobs.write.enqueue(f'job-{n}') for n in range(50)]"

pytestmark = pytest.mark.skipif(not URL, reason="no PostgreSQL")


@pytest.fixture
def database():
    """The name of a new database."""
    name = f"advisory_{uuid4().hex[:8]}"
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    yield name
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def settings(database):
    """`settings(strategy)` is a project on this database whose option asks for that strategy."""
    server = urlsplit(URL)
    facts = {"database": database, "server": server, "password": server.password or ""}
    return lambda strategy: SETTINGS.format(strategy=strategy, **facts)


def test_two_workers_that_take_turns_run_each_job_once(installed, settings, project, wait_until):
    shop = project(installed(NAME), settings("advisory"), jobs=JOBS)
    lines = shop.run("-m", "django", "dj_queue", "plugins")
    assert "advisory" in lines
    assert "dj-queue-advisory-claim" in lines
    shop.run("-c", ENQUEUE)
    shop.start_queue()
    wait_until(lambda: len(list(shop.folder.glob("job-*"))) == 50)
    shop.stop()
    log = shop.log.read_text()
    assert "claims by advisory" in log
    assert "Traceback" not in log


def test_without_the_option_the_shipped_strategy_claims(installed, settings, project):
    shop = project(installed(NAME), settings("skip_locked"), jobs=JOBS)
    assert "skip_locked" in shop.run("-m", "django", "dj_queue", "plugins")


def test_its_own_tests_pass_where_it_is_installed(installed, outside, tmp_path):
    command = [installed(NAME), "-m", "pytest", "-q", "-p", "no:cacheprovider", PLUGINS / NAME]
    environment = {**outside, "TEST_POSTGRES_URL": URL}
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
