"""Several backend aliases and databases: each page looks at one, and acts on no other."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings

from dj_queue.contract import Status
from dj_queue.models import Job, Pause
from dj_queue.services import services_for
from tests.admin.pages import Page, logged
from tests.project import tasks


@pytest.fixture
def elsewhere(backend_alias):
    """The other aliases, and an end to what was stored on their databases."""
    others = [alias for alias in settings.TASKS if alias != backend_alias]
    yield others
    for alias in others:
        for model in (Job, Pause):
            model.objects.using(services_for(alias).database.alias).all().delete()


def job_of(alias, job_id):
    """A failed job with this id on the alias's database."""
    now = datetime.now(UTC)
    return Job.objects.using(services_for(alias).database.alias).create(
        id=job_id,
        backend_alias=alias,
        queue_name="default",
        status=Status.FAILED,
        task_path="a.b",
        enqueued_at=now,
        finished_at=now,
    )


def test_list_shows_the_jobs_of_its_alias_alone(boss, admin_url, backend_alias, elsewhere):
    for alias in (backend_alias, *elsewhere):
        job_of(alias, uuid4())
    assert Page(boss.get(admin_url("job"))).rows() == 1
    assert Page(boss.get(admin_url("failedexecution"))).rows() == 1


def test_filter_offers_every_alias(boss, admin_url, elsewhere):
    content = boss.get(admin_url("job")).content.decode()
    for alias in elsewhere:
        assert f"?backend={alias}" in content


def test_address_without_an_alias_looks_at_the_default_one(boss):
    tasks.add.enqueue(1, 2)
    tasks.add.using(backend="portable").enqueue(1, 2)
    try:
        assert Page(boss.get("/admin/dj_queue/job/")).rows() == 1
        assert Page(boss.get("/admin/dj_queue/job/?backend=portable")).rows() == 1
    finally:
        Job.objects.all().delete()


@pytest.mark.fault(57)
@pytest.mark.parametrize("alias", ["nowhere", "", "default'"])
def test_alias_that_is_none_is_not_found(boss, alias):
    for page in ("job/", f"job/{uuid4()}/change/", "pause/add/"):
        assert boss.get(f"/admin/dj_queue/{page}?backend={alias}").status_code == 404
    posted = boss.post(f"/admin/dj_queue/job/?backend={alias}", {"action": "retry"})
    assert posted.status_code == 404


@pytest.mark.fault(57)
def test_action_reaches_no_job_of_another_alias(boss, admin_url, backend_alias, elsewhere):
    job = job_of(backend_alias, uuid4())
    for alias in elsewhere:
        for action in ("retry", "discard"):
            data = {"action": action, "_selected_action": str(job.id), "confirmed": "yes"}
            boss.post(f"/admin/dj_queue/job/?backend={alias}", data)
    job.refresh_from_db()
    assert job.status == Status.FAILED
    assert logged() == []


@pytest.mark.fault(57)
def test_same_id_on_two_databases_is_retried_where_the_page_looked(
    boss, act, backend_alias, services, elsewhere
):
    job_id = uuid4()
    mine = job_of(backend_alias, job_id)
    others = [
        job_of(alias, job_id)
        for alias in elsewhere
        if alias == services_for(alias).database.alias != services.database.alias
    ]
    act(boss, "job", "retry", [job_id])
    mine.refresh_from_db()
    assert mine.status == Status.READY
    for other in others:
        other.refresh_from_db()
        assert other.status == Status.FAILED


def test_resuming_leaves_the_same_queue_of_other_aliases_paused(
    boss, act, backend_alias, services, elsewhere
):
    for alias in (backend_alias, *elsewhere):
        rows = Pause.objects.using(services_for(alias).database.alias)
        rows.create(backend_alias=alias, queue_name="email", created_at=datetime.now(UTC))
    mine = Pause.objects.using(services.database.alias).get(backend_alias=backend_alias)
    act(boss, "pause", "resume", [mine.id])
    for alias in (backend_alias, *elsewhere):
        rows = Pause.objects.using(services_for(alias).database.alias)
        assert rows.filter(backend_alias=alias).exists() == (alias != backend_alias)


def test_job_is_found_by_its_id_without_its_alias(boss, act, backend_alias, failed):
    (job,) = failed()
    for model in ("job", "failedexecution"):
        response = boss.get(f"/admin/dj_queue/{model}/{job.id}/change/")
        page = Page(response)
        assert str(job.id) in page.text
        forms = [
            attrs["action"]
            for tag, attrs in page.elements
            if tag == "form" and "dj-queue" in attrs.get("class", "")
        ]
        assert forms
        assert all(form.endswith(f"?backend={backend_alias}") for form in forms)


@pytest.mark.parametrize("job_id", ["nonsense", "01890000-0000-7000-8000-000000000000"])
def test_job_that_is_none_is_said_to_be_none(boss, job_id):
    response = boss.get(f"/admin/dj_queue/job/{job_id}/change/")
    assert response.status_code == 302


def test_links_from_a_list_keep_its_alias(boss, admin_url, backend_alias, failed):
    (job,) = failed()
    content = boss.get(admin_url("job")).content.decode()
    assert f"/admin/dj_queue/job/{job.id}/change/?_changelist_filters=backend%3D{backend_alias}" in content
    followed = boss.get(f"/admin/dj_queue/job/{job.id}/change/?_changelist_filters=backend%3D{backend_alias}")
    assert followed.status_code == 200
