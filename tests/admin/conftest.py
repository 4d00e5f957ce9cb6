"""Users with chosen permissions in front of the admin, and rows for them to look at."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.sessions.models import Session
from django.test import Client

from dj_queue.contract import Outcome, OutcomeKind, Status, parse_selector
from dj_queue.operations import errors
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import finish
from tests.project import tasks


@pytest.fixture(autouse=True)
def _no_users_left():
    yield
    for model in (LogEntry, Session, User):
        model.objects.all().delete()


@pytest.fixture
def user_with():
    """`user_with("view_job", ...)` is a client logged in as staff with these permissions and no others."""

    def make(*codenames, **options):
        user = User.objects.create(username=f"user-{uuid4().hex[:8]}", is_staff=True)
        found = Permission.objects.filter(content_type__app_label="dj_queue", codename__in=codenames)
        assert len(found) == len(codenames)
        user.user_permissions.set(found)
        return _logged_in(user, **options)

    return make


@pytest.fixture
def boss():
    """A client logged in as superuser."""
    return _logged_in(User.objects.create(username="boss", is_staff=True, is_superuser=True))


def _logged_in(user, **options):
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def admin_url(backend_alias):
    """`admin_url("job", pk)` is the address of a list, or of a row's page, on the alias under test."""

    def address(model, pk=None, query=""):
        page = "" if pk is None else f"{pk}/change/"
        return f"/admin/dj_queue/{model}/{page}?backend={backend_alias}{query}"

    return address


@pytest.fixture
def act(admin_url):
    """`act(client, "job", "retry", pks)` posts an action from a list as its form does."""

    def post(client, model, action, pks, query="", **fields):
        data = {"action": action, "_selected_action": [str(pk) for pk in pks], **fields}
        return client.post(admin_url(model, query=query), data)

    return post


@pytest.fixture
def failed(services, on, jobs):
    """`failed(3)` runs jobs into an error and returns their rows."""

    def make(count=1, queue="default", text="no such customer"):
        calls = [(on(tasks.add, queue_name=queue), (number, 1), {}) for number in range(count)]
        ids = {result.id for result in on(tasks.add).get_backend().enqueue_all(calls)}
        now = datetime.now(UTC)
        held = claim(services, [parse_selector(queue)], count, uuid4())
        assert {str(job.id) for job in held} == ids
        finish(services, [_error(job, now, text) for job in held])
        return list(jobs.filter(id__in=ids).order_by("id"))

    return make


def _error(job, now, text):
    entries = errors.appended(job.errors, errors.entry(ValueError(text), job.attempt, job.process_id))
    facts = {"status": Status.FAILED, "started_at": now, "ended_at": now, "errors_json": entries}
    return Outcome(job.id, job.attempt, job.process_id, OutcomeKind.ERROR, **facts)
