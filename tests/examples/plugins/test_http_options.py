"""The example plugin that reads options from an HTTP endpoint, installed from its wheel, with a project's real queue."""

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.examples.plugins.conftest import PLUGINS

NAME = "dj_queue_http_options"
SETTINGS = """
INSTALLED_APPS = ["dj_queue", "jobs"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "queue.sqlite3",
        "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
    }
}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
USE_TZ = True
TASKS = {"default": {"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": []}}
"""
JOBS = """
from pathlib import Path

from django.tasks import task


@task
def write(name):
    Path(name).touch()
"""
WORKERS = (
    "import django; django.setup()\n"
    "from dj_queue.models import Process\n"
    "print(sorted(process.metadata['threads'] for process in Process.objects.filter(kind='worker')))"
)


class Options(BaseHTTPRequestHandler):
    """Answers the options of the moment."""

    def do_GET(self):
        """Answer."""
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.options).encode())

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def endpoint():
    """A running endpoint whose `options` and `status` may change."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Options)
    server.options, server.status, server.asked = {"workers": [{"threads": 2}]}, 200, 0
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def shop(endpoint, installed, project):
    """A project that takes its options from the endpoint."""
    shop = project(installed(NAME), SETTINGS, jobs=JOBS)
    shop.environment |= {
        "DJ_QUEUE_HTTP_OPTIONS_URL": f"http://127.0.0.1:{endpoint.server_port}/{{alias}}",
        "DJ_QUEUE_HTTP_OPTIONS_EVERY": "1",
    }
    return shop


def test_a_running_queue_takes_over_what_the_endpoint_says(shop, endpoint, wait_until):
    shop.start_queue()
    wait_until(lambda: shop.run("-c", WORKERS).strip() == "[2]")
    endpoint.options = {
        "workers": [{"threads": 5}],
        "recurring": {"tick": {"task_path": "jobs.write", "schedule": "* * * * * *", "args": ["ticked"]}},
    }
    wait_until(lambda: shop.run("-c", WORKERS).strip() == "[5]")
    wait_until((shop.folder / "ticked").exists)
    assert "options changed: workers, recurring" in shop.log.read_text()


def test_an_endpoint_that_fails_changes_nothing_and_is_named_once(shop, endpoint, wait_until):
    shop.start_queue()
    wait_until(lambda: shop.run("-c", WORKERS).strip() == "[2]")
    place = f"http://127.0.0.1:{endpoint.server_port}/default"
    endpoint.status = 503
    wait_until(lambda: f"{place}: it answers 503" in shop.log.read_text())
    asked = endpoint.asked
    wait_until(lambda: endpoint.asked > asked + 1)
    endpoint.status, endpoint.options = 200, {"workers": [{"threads": "many"}]}
    wait_until(lambda: f"{place}: workers[0].threads: 'many'" in shop.log.read_text())
    endpoint.options = {"workers": [{"threads": 3}]}
    wait_until(lambda: shop.run("-c", WORKERS).strip() == "[3]")
    assert shop.log.read_text().count("it answers 503") == 1


def test_options_are_shown_with_their_address(shop, endpoint):
    shown = shop.run("-m", "django", "dj_queue", "--show-config")
    [threads] = [line for line in shown.splitlines() if line.startswith("workers[0].threads ")]
    assert threads.split() == ["workers[0].threads", "2", f"http://127.0.0.1:{endpoint.server_port}/default"]


def test_its_own_tests_pass_where_it_is_installed(installed, outside, tmp_path):
    command = [installed(NAME), "-m", "pytest", "-q", "-p", "no:cacheprovider", PLUGINS / NAME]
    done = subprocess.run(command, cwd=tmp_path, env=outside, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
