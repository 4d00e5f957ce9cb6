"""Recurring tasks from the admin: enqueued now, unscheduled."""

import pytest

from dj_queue import api
from dj_queue.models import RecurringTask
from tests.admin.pages import Page, logged, said


@pytest.fixture
def stored(services):
    """The stored recurring tasks."""
    return RecurringTask.objects.using(services.database.alias)


@pytest.fixture
def task(stored, backend_alias):
    """`task("key")` is a recurring task made at run time."""

    def make(key="report", path="tests.project.tasks.add", **changes):
        facts = {"task_path": path, "schedule": "0 0 1 1 *", "args": [1, 2], "queue_name": "reports"}
        made = api.schedule_recurring_task(key=key, backend_alias=backend_alias, **facts)
        stored.filter(id=made.id).update(**changes)
        return made

    return make


def test_task_is_enqueued_now_and_logged(user_with, act, admin_url, jobs, task, stored):
    made = task()
    response = act(
        user_with("view_recurringtask", "run_recurringtask"), "recurringtask", "enqueue_now", [made.id]
    )
    job = jobs.get()
    assert (job.queue_name, job.args) == ("reports", [1, 2])
    assert f'Enqueued report: job <a href="{admin_url("job", job.id)}">{job.id}</a>.' == said(response)
    assert logged() == [("recurringtask", str(made.id), f"Enqueued now, as job {job.id}.")]
    assert stored.get().last_run_at is None


def test_task_that_is_gone_is_named_and_the_others_are_enqueued(boss, act, jobs, task):
    made = [task(), task("old", path="gone.module.task")]
    response = act(boss, "recurringtask", "enqueue_now", [one.id for one in made])
    assert "old was not enqueued: 'gone.module.task' is not a task" in said(response)
    assert jobs.count() == 1
    assert len(logged()) == 1


def test_call_that_is_refused_is_named(boss, act, jobs, task):
    made = task(queue_name="email*")
    response = act(boss, "recurringtask", "enqueue_now", [made.id])
    assert "report was not enqueued" in said(response)
    assert jobs.count() == 0
    assert logged() == []


def test_task_made_at_run_time_is_unscheduled_after_a_question(user_with, act, stored, task, backend_alias):
    made, other = task(), task("other")
    client = user_with("view_recurringtask", "run_recurringtask")
    question = act(client, "recurringtask", "unschedule", [made.id])
    assert "Unschedule report?" in Page(question).text
    assert stored.count() == 2
    response = act(client, "recurringtask", "unschedule", [made.id], confirmed="yes")
    assert said(response) == "Unscheduled: report."
    assert stored.get().id == other.id
    assert logged() == [("recurringtask", str(made.id), f"Unscheduled from backend alias {backend_alias}.")]


def test_task_of_the_configuration_stays_and_the_user_is_told_where_it_is(
    boss, act, admin_url, stored, task, backend_alias
):
    made = task(is_static=True)
    for confirmed in ("", "yes"):
        response = act(boss, "recurringtask", "unschedule", [made.id], confirmed=confirmed)
        assert f"TASKS[{backend_alias!r}]['OPTIONS']['recurring']" in said(response)
    assert stored.count() == 1
    assert logged() == []
    assert Page(boss.get(admin_url("recurringtask", made.id))).buttons() == ["enqueue_now"]


@pytest.mark.parametrize("action", ["enqueue_now", "unschedule"])
def test_actions_without_the_permission_are_refused(user_with, act, admin_url, jobs, stored, task, action):
    made = task()
    client = user_with("view_recurringtask", "view_job", "retry_job", "discard_job", "pause_queue")
    assert action not in Page(client.get(admin_url("recurringtask"))).choices()
    assert act(client, "recurringtask", action, [made.id], confirmed="yes").status_code == 403
    assert (jobs.count(), stored.count(), logged()) == (0, 1, [])


@pytest.mark.parametrize("action", ["enqueue_now", "unschedule"])
def test_actions_take_ticked_tasks_only(boss, act, jobs, stored, task, action):
    made = task()
    response = act(boss, "recurringtask", action, [made.id], select_across="1", confirmed="yes")
    assert "ticked rows only" in said(response)
    assert (jobs.count(), stored.count()) == (0, 1)
