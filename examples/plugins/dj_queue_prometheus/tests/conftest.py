"""A project with this plugin installed: SQLite, one backend alias, tables made once."""

import os
import tempfile

for name in ("PROMETHEUS_MULTIPROC_DIR", "DJ_QUEUE_PROMETHEUS_ADDRESS"):
    os.environ.pop(name, None)

import pytest
from prometheus_client import REGISTRY
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

FOLDER = tempfile.TemporaryDirectory(prefix="dj_queue_prometheus-", ignore_cleanup_errors=True)

from django.conf import settings

settings.configure(
    INSTALLED_APPS=["dj_queue"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER.name}/queue.sqlite3"}},
    DATABASE_ROUTERS=["dj_queue.routers.DjQueueRouter"],
    TASKS={"default": {"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": []}},
    USE_TZ=True,
)
import django

django.setup()

from django.core.management import call_command


@pytest.fixture(scope="session", autouse=True)
def _tables():
    call_command("migrate", verbosity=0)
    yield
    FOLDER.cleanup()


class Scrape:
    """The values of one exposition."""

    def __init__(self, text):
        self.values = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name, **labels):
        return self.values.get((name, frozenset(labels.items())))


@pytest.fixture
def scrape():
    """`scrape()` is what this process exposes now; `scrape(text)` what was exposed."""
    return lambda text=None: Scrape(generate_latest(REGISTRY).decode() if text is None else text)
