"""A database as an earlier release left it, for this process and those it starts."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from dj_queue import services as services_module
from dj_queue.models import Job
from tests import other_database as databases


@pytest.fixture
def other_database(services, tmp_path, monkeypatch):
    """An empty database under the alias."""
    folder = tmp_path / "other"
    folder.mkdir()
    with databases.other_database(services, folder) as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        services_module.reset()
        yield services_module.services_for(services.alias)
    services_module.reset()


LISTS = ("job", "failedexecution", "process", "pause", "recurringtask", "recurringexecution", "semaphore")


class Admin:
    """The admin of the alias, in front of a superuser."""

    def __init__(self, services):
        self._services = services
        user = User.objects.create(username="boss", is_staff=True, is_superuser=True)
        self._client = Client()
        self._client.force_login(user)

    def look_at_everything(self):
        """Open every list, and the page of every job; what the lists say."""
        text = "".join(self._open(f"{name}/") for name in LISTS)
        for job in Job.objects.using(self._services.database.alias):
            self._open(f"job/{job.pk}/change/")
        return text

    def retry(self, job_id):
        """As the form of the list does."""
        data = {"action": "retry", "_selected_action": [job_id]}
        return self._client.post(self._address("job/"), data, follow=True)

    def _open(self, page):
        answer = self._client.get(self._address(page))
        assert answer.status_code == 200, page
        return answer.content.decode()

    def _address(self, page):
        return f"/admin/dj_queue/{page}?backend={self._services.alias}"


@pytest.fixture
def admin(other_database):
    """`admin()` migrates the other database to today, and is the admin on it."""

    def make():
        call_command("migrate", database=other_database.database.alias, verbosity=0)
        return Admin(other_database)

    yield make
    # Those of the project's own database, which may be another one.
    User.objects.all().delete()
