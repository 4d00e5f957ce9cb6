"""Every action of the admin, held to the same rules: its permission, POST, the token, the alias, the log."""

import json

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry

from dj_queue import api
from dj_queue.models import Job, Pause, RecurringTask
from dj_queue.operations import queues
from tests.admin.pages import Page
from tests.admin.test_pages import EVIL, MODELS

ACTIONS = {
    ("job", "retry"): "retry_job",
    ("job", "discard"): "discard_job",
    ("job", "pause_queues"): "pause_queue",
    ("failedexecution", "retry"): "retry_job",
    ("failedexecution", "discard"): "discard_job",
    ("failedexecution", "pause_queues"): "pause_queue",
    ("recurringtask", "enqueue_now"): "run_recurringtask",
    ("recurringtask", "unschedule"): "run_recurringtask",
    ("pause", "resume"): "pause_queue",
}
"""Each action and the permission that it asks for, written down by hand."""
PERMISSIONS = set(ACTIONS.values())
VIEW = tuple(f"view_{model}" for model in MODELS)

every_action = pytest.mark.parametrize(
    ("model", "action"), ACTIONS, ids=[f"{model}-{action}" for model, action in ACTIONS]
)
pytestmark = pytest.mark.fault(57)


@pytest.fixture
def rows(services, backend_alias, failed):
    """A row of each model that actions are for; their ids by model."""
    (job,) = failed()
    task = api.schedule_recurring_task(
        key="report",
        task_path="tests.project.tasks.add",
        args=[1, 2],
        schedule="0 0 1 1 *",
        backend_alias=backend_alias,
    )
    queues.pause(services, "email")
    pause = Pause.objects.using(services.database.alias).get()
    return {"job": job.id, "failedexecution": job.id, "recurringtask": task.id, "pause": pause.id}


@pytest.fixture
def everything(services):
    """`everything()`: all rows that an action may change, and the admin's log."""

    def read():
        tables = [model.objects.using(services.database.alias) for model in (Job, Pause, RecurringTask)]
        return [list(table.order_by("pk").values()) for table in tables] + [LogEntry.objects.count()]

    return read


def test_no_action_is_missing_here():
    found = {
        (model._meta.model_name, action)
        for model, page in admin.site._registry.items()
        if model._meta.app_label == "dj_queue"
        for action in page.actions or ()
    }
    assert found == set(ACTIONS)


@every_action
def test_without_its_permission_it_is_forbidden_and_changes_nothing(
    user_with, act, rows, everything, model, action
):
    before = everything()
    client = user_with(*VIEW, *PERMISSIONS - {ACTIONS[model, action]})
    for fields in ({}, {"confirmed": "yes"}, {"confirmed": "yes", "select_across": "1"}):
        assert act(client, model, action, [rows[model]], **fields).status_code == 403
    assert everything() == before


@every_action
def test_without_permission_to_look_it_is_forbidden_and_changes_nothing(
    user_with, act, rows, everything, model, action
):
    before = everything()
    others = [name for name in VIEW if name != f"view_{model}"]
    client = user_with(*others, ACTIONS[model, action])
    assert act(client, model, action, [rows[model]], confirmed="yes").status_code == 403
    assert everything() == before


@every_action
def test_with_it_and_permission_to_look_it_acts_and_is_logged(
    user_with, act, rows, everything, model, action
):
    before = everything()
    client = user_with(f"view_{model}", ACTIONS[model, action])
    assert act(client, model, action, [rows[model]], confirmed="yes").status_code == 302
    after = everything()
    assert after[:-1] != before[:-1]
    assert after[-1] == before[-1] + 1


@every_action
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_no_address_makes_it_act(boss, admin_url, rows, everything, model, action, method):
    before = everything()
    query = f"&action={action}&_selected_action={rows[model]}&confirmed=yes&select_across=0&index=0"
    for address in (admin_url(model, query=query), admin_url(model, rows[model], query)):
        assert getattr(boss, method)(address).status_code < 500
    assert everything() == before


@every_action
def test_without_the_token_it_is_forbidden(user_with, act, rows, everything, model, action):
    before = everything()
    client = user_with(f"view_{model}", ACTIONS[model, action], enforce_csrf_checks=True)
    assert act(client, model, action, [rows[model]], confirmed="yes").status_code == 403
    assert act(client, model, action, [rows[model]], csrfmiddlewaretoken="x" * 64).status_code == 403
    assert everything() == before


@every_action
def test_rows_of_another_alias_are_out_of_reach(boss, act, services, rows, everything, model, action):
    for table in (Job, Pause, RecurringTask):
        table.objects.using(services.database.alias).update(backend_alias="another")
    before = everything()
    act(boss, model, action, [rows[model]], confirmed="yes")
    assert everything() == before


def test_a_result_is_shown_as_text(boss, admin_url, jobs, failed):
    (job,) = failed()
    jobs.filter(id=job.id).update(status="successful", return_value={EVIL: [EVIL]}, errors=None)
    page = Page(boss.get(admin_url("job", job.id)))
    assert page.harm() == []
    assert json.dumps(EVIL) in page.text
