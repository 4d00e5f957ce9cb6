"""A Django project with a queue in PostgreSQL: the server that TEST_POSTGRES_URL names, in a database of its own."""

import os
from urllib.parse import urlsplit
from uuid import uuid4

import django
import psycopg
import pytest
from django.conf import settings

URL = os.environ.get("TEST_POSTGRES_URL", "")
SERVER = urlsplit(URL)
NAME = f"advisory_claim_{uuid4().hex[:8]}"
settings.configure(
    INSTALLED_APPS=["dj_queue"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": NAME,
            "HOST": SERVER.hostname or "",
            "PORT": SERVER.port or "",
            "USER": SERVER.username or "",
            "PASSWORD": SERVER.password or "",
        }
    },
    DATABASE_ROUTERS=["dj_queue.routers.DjQueueRouter"],
    # Tests plug the plugin in themselves, whether it is installed or not.
    TASKS={
        "default": {
            "BACKEND": "dj_queue.backend.DjQueueBackend",
            "QUEUES": [],
            "OPTIONS": {"disabled_plugins": ["advisory"]},
        }
    },
    USE_TZ=True,
)
django.setup()

from django.core.management import call_command
from django.db import connections

from dj_queue.testing import plugged
from dj_queue_advisory_claim import plugin


@pytest.fixture(scope="session", autouse=True)
def _tables():
    """A database for this run."""
    if not URL:
        pytest.skip("TEST_POSTGRES_URL names no PostgreSQL server")
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {NAME}")
    call_command("migrate", verbosity=0)
    yield
    connections.close_all()
    with psycopg.connect(URL, autocommit=True) as server:
        server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.fixture
def services():
    """The backend alias under test, with this strategy."""
    with plugged(plugin, claim_strategy="advisory") as services:
        assert services.claim.name == "advisory"
        yield services
