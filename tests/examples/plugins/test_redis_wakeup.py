"""The example plugin that wakes workers through Redis, installed from its wheel and used by a project's real processes."""

import subprocess

import pytest

from examples.plugins.dj_queue_redis_wakeup.tests.redis_server import NOT_HERE, PROGRAM, RedisServer
from tests.examples.plugins.conftest import PLUGINS

NAME = "dj_queue_redis_wakeup"
# Announcements may take their time on a loaded machine; nothing but Redis wakes anybody.
SETTINGS = """
INSTALLED_APPS = ["dj_queue", "jobs"]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "queue.sqlite3", "OPTIONS": {{"timeout": 60}}}}}}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
USE_TZ = True
TASKS = {{
    "default": {{
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "QUEUES": [],
        "OPTIONS": {{
            "wakeup": ["redis"],
            "plugin_options": {{"redis": {{"url": "{url}?socket_timeout=60", "channel": "shop"}}}},
            "workers": [{{"polling_interval": {polling_interval}}}],
            "dispatchers": [{{"polling_interval": {polling_interval}}}],
        }},
    }}
}}
"""
JOBS = """
from pathlib import Path

from django.tasks import task


@task
def write(name):
    Path(name).touch()
"""
ENQUEUE = "import django; django.setup(); import sys, jobs; jobs.write.enqueue(sys.argv[1])"
CHANNEL = "shop:default"
LISTENERS = 2  # of the worker and of the dispatcher
AN_HOUR = 3600


@pytest.fixture
def redis(tmp_path):
    """A running Redis of the test's own."""
    if PROGRAM is None:
        pytest.skip(NOT_HERE)
    (tmp_path / "redis").mkdir()
    server = RedisServer(tmp_path / "redis")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def shop(redis, installed, project):
    """`shop(polling_interval)` is a project with the plugin, its queue running."""

    def start(polling_interval):
        settings = SETTINGS.format(url=redis.url, polling_interval=polling_interval)
        shop = project(installed(NAME), settings, jobs=JOBS)
        shop.start_queue()
        return shop

    return start


@pytest.fixture
def runs(wait_until):
    """`runs(shop, name)`: a job that another process enqueues is done; gives what that process said."""

    def run(shop, name):
        said = shop.run("-c", ENQUEUE, name)
        wait_until((shop.folder / name).exists)
        return said

    return run


def test_an_idle_worker_runs_a_job_at_once_though_no_poll_is_due(shop, runs):
    idle = shop(AN_HOUR)
    for name in ("first", "second", "third"):  # The first may be found as the worker starts.
        runs(idle, name)


def test_while_redis_is_gone_polling_finds_jobs_and_the_log_says_why(shop, redis, runs, wait_until):
    polling = shop(0.5)
    runs(polling, "before")
    redis.kill()
    wait_until(lambda: "wakeup redis is broken, polling goes on" in polling.log.read_text())
    said = runs(polling, "meanwhile")
    assert "wakeup redis could not announce" in said


def test_once_redis_is_back_it_wakes_workers_again(shop, redis, runs, wait_until):
    idle = shop(AN_HOUR)
    runs(idle, "before")
    redis.kill()
    wait_until(lambda: idle.log.read_text().count("wakeup redis is broken") >= LISTENERS)
    redis.start()
    wait_until(lambda: redis.listeners(CHANNEL) == LISTENERS)
    for name in ("first", "second"):
        runs(idle, name)


def test_it_is_listed_with_its_distribution_and_wrong_options_with_their_place(installed, project):
    wrong = SETTINGS.format(url="http://redis.example", polling_interval=1)
    right = wrong.replace("http:", "redis:")
    shop = project(installed(NAME), right, jobs=JOBS)

    lines = shop.run("-m", "django", "dj_queue", "plugins").splitlines()
    files = shop.run("-c", "import dj_queue as a, dj_queue_redis_wakeup as b; print(a.__file__, b.__file__)")

    assert all(str(shop.python.parents[1]) in file for file in files.split())
    [plugin] = [line.split() for line in lines if line.split()[:1] == ["redis"]]
    assert plugin[1:3] == ["dj-queue-redis-wakeup", "0.1.0"]
    (shop.folder / "settings.py").write_text(wrong)
    checked = subprocess.run(
        [shop.python, "-m", "django", "check"],
        cwd=shop.folder,
        env=shop.environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode
    place = "TASKS['default']['OPTIONS']['plugin_options']['redis']['url']: write a URL"
    assert checked.stderr.count(place) == 1


def test_its_own_tests_pass_where_it_is_installed(installed, outside, tmp_path):
    if PROGRAM is None:
        pytest.skip(NOT_HERE)
    command = [installed(NAME), "-m", "pytest", "-q", "-p", "no:cacheprovider", PLUGINS / NAME]
    done = subprocess.run(command, cwd=tmp_path, env=outside, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
