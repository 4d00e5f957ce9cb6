"""Pausing and resuming queues from the admin."""

import pytest

from dj_queue.api import QueueInfo
from dj_queue.models import Pause
from dj_queue.operations import queues
from tests.admin.pages import Page, logged, said
from tests.project import tasks

ADD = "/admin/dj_queue/pause/add/"


@pytest.fixture
def pauses(services):
    """The stored pauses."""
    return Pause.objects.using(services.database.alias)


def test_queues_of_chosen_jobs_are_paused_and_logged(user_with, act, backend_alias, pauses, on):
    ids = [
        on(tasks.add, queue_name=queue).enqueue(1, 2).id for queue in ("email", "email", "reports", "other")
    ]
    client = user_with("view_job", "pause_queue")
    response = act(client, "job", "pause_queues", ids[:3])
    assert said(response) == "Paused: email, reports."
    assert set(pauses.values_list("queue_name", flat=True)) == {"email", "reports"}
    assert QueueInfo("email", backend_alias=backend_alias).paused
    assert [message for _, _, message in logged()] == [
        f"Paused queue {queue} of backend alias {backend_alias}." for queue in ("email", "reports")
    ]
    assert said(act(client, "job", "pause_queues", ids[:1])) == "Paused already: email."
    assert len(logged()) == 2


def test_pausing_takes_ticked_jobs_only(boss, act, pauses, on):
    job = on(tasks.add).enqueue(1, 2)
    response = act(boss, "job", "pause_queues", [job.id], select_across="1")
    assert "ticked rows only" in said(response)
    assert not pauses.exists()


def test_queue_is_paused_by_its_name(user_with, admin_url, backend_alias, services, pauses):
    client = user_with("view_pause", "pause_queue")
    form = Page(client.get(ADD))
    asked = {attrs["name"] for _, attrs in form.elements if attrs.get("name")} - {
        "csrfmiddlewaretoken",
        "_save",
    }
    assert {"backend_alias", "queue_name"} <= asked
    assert not asked & {"created_at", "id"}
    response = client.post(ADD, {"backend_alias": backend_alias, "queue_name": "email"})
    assert said(response) == "Paused: email."
    assert response.url == admin_url("pause")
    assert queues.is_paused(services, "email")
    (pause,) = pauses
    assert logged() == [("pause", str(pause.id), f"Paused queue email of backend alias {backend_alias}.")]
    again = client.post(ADD, {"backend_alias": backend_alias, "queue_name": "email"})
    assert said(again) == "The queue email was paused already."
    assert pauses.count() == 1
    assert len(logged()) == 1


@pytest.mark.fault(57)
@pytest.mark.parametrize("queue", ["", "email*", "x" * 129, "a\x01b"])
def test_name_that_no_queue_can_have_is_refused(boss, backend_alias, pauses, queue):
    response = boss.post(ADD, {"backend_alias": backend_alias, "queue_name": queue})
    assert response.status_code == 200
    assert "errorlist" in response.content.decode()
    assert not pauses.exists()


def test_backend_alias_that_is_none_is_refused(boss, pauses):
    response = boss.post(ADD, {"backend_alias": "elsewhere", "queue_name": "email"})
    assert "errorlist" in response.content.decode()
    assert not pauses.exists()


def test_form_proposes_the_alias_that_the_list_looked_at(boss, backend_alias):
    response = boss.get(f"{ADD}?_changelist_filters=backend%3D{backend_alias}")
    assert f'<option value="{backend_alias}" selected>' in response.content.decode()


def test_queue_is_resumed_and_logged(user_with, act, backend_alias, services, pauses):
    for queue in ("email", "reports"):
        queues.pause(services, queue)
    email = pauses.get(queue_name="email")
    response = act(user_with("view_pause", "pause_queue"), "pause", "resume", [email.id])
    assert said(response) == "Resumed: email."
    assert list(pauses.values_list("queue_name", flat=True)) == ["reports"]
    assert logged() == [("pause", str(email.id), f"Resumed queue email of backend alias {backend_alias}.")]


def test_resuming_takes_ticked_pauses_only(boss, act, services, pauses):
    queues.pause(services, "email")
    act(boss, "pause", "resume", [pauses.get().id], select_across="1")
    assert pauses.count() == 1


@pytest.mark.fault(57)
def test_pausing_without_the_permission_is_refused(
    user_with, act, admin_url, backend_alias, services, pauses
):
    queues.pause(services, "email")
    client = user_with("view_pause", "view_job", "retry_job", "discard_job")
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"backend_alias": backend_alias, "queue_name": "reports"}).status_code == 403
    assert act(client, "pause", "resume", [pauses.get().id]).status_code == 403
    assert Page(client.get(admin_url("pause", pauses.get().id))).buttons() == []
    assert list(pauses.values_list("queue_name", flat=True)) == ["email"]
    assert logged() == []


def test_who_may_pause_but_not_look_ends_at_the_start_page(user_with, backend_alias, pauses):
    client = user_with("pause_queue", "view_job")
    response = client.post(ADD, {"backend_alias": backend_alias, "queue_name": "email"})
    assert response.url == "/admin/"
    assert pauses.count() == 1


@pytest.mark.fault(57)
def test_pausing_without_csrf_token_is_refused(user_with, backend_alias, pauses):
    client = user_with("view_pause", "pause_queue", enforce_csrf_checks=True)
    assert client.post(ADD, {"backend_alias": backend_alias, "queue_name": "email"}).status_code == 403
    assert not pauses.exists()
