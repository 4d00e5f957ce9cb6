"""A Django project with a queue in SQLite, and a Redis for each test."""

import shutil
import tempfile
import threading
import time

import django
import pytest
from django.conf import settings
from redis_server import NOT_HERE, PROGRAM, RedisServer

FOLDER = tempfile.mkdtemp(prefix="dj_queue_redis_wakeup-")
settings.configure(
    INSTALLED_APPS=["dj_queue"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER}/queue.sqlite3"}},
    DATABASE_ROUTERS=["dj_queue.routers.DjQueueRouter"],
    # Tests plug the plugin in themselves, whether it is installed or not.
    TASKS={
        "default": {
            "BACKEND": "dj_queue.backend.DjQueueBackend",
            "QUEUES": [],
            "OPTIONS": {"disabled_plugins": ["redis"]},
        }
    },
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command

from dj_queue.contract import Selector
from dj_queue_redis_wakeup.times import Times
from dj_queue_redis_wakeup.wakeup import RedisWakeup

PATIENCE = 90
CHANNEL = "dj_queue:default"
ALL = Selector("", is_prefix=True)


@pytest.fixture(scope="session", autouse=True)
def _tables():
    """A database for this run."""
    call_command("migrate", verbosity=0)
    yield
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.fixture
def server(tmp_path):
    """A running Redis."""
    if PROGRAM is None:
        pytest.skip(NOT_HERE)
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def transport(server):
    """`transport(**times)` is one on that Redis: patient with a loaded machine, unless `times` say otherwise."""
    patient = {"announce": PATIENCE, "answer": PATIENCE}
    return lambda channel=CHANNEL, **times: RedisWakeup(server.url, channel, Times(**{**patient, **times}))


@pytest.fixture
def wait_until():
    """`wait_until(predicate)` returns its first true answer."""

    def wait(predicate):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if answer := predicate():
                return answer
            time.sleep(0.01)
        pytest.fail(f"not true within {PATIENCE} s: {predicate}")

    return wait


class Ear:
    """A thread that listens as the runtime does, and notes hints and errors."""

    def __init__(self, transport, *selectors):
        self.listener = transport.listen(selectors or [ALL])
        self.hints, self.errors = 0, []
        self.is_closed = False
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def close(self):
        """Close from here what waits there; whether it ended."""
        self.is_closed = True
        self.listener.close()
        self.thread.join(PATIENCE)
        return not self.thread.is_alive()

    def _listen(self):
        while not self.is_closed:
            try:
                self.hints += self.listener.wait(PATIENCE)
            except Exception as error:
                self.errors.append(error)
                time.sleep(0.05)


@pytest.fixture
def listening():
    """`listening(transport, *selectors)` listens until the test ends."""
    ears = []

    def listen(transport, *selectors):
        ears.append(Ear(transport, *selectors))
        return ears[-1]

    yield listen
    assert all([ear.close() for ear in ears])
