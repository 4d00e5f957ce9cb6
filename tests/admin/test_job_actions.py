"""Retrying and discarding jobs from the admin."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client

from dj_queue.admin import job_actions
from dj_queue.admin.changelist import CAP
from dj_queue.contract import Status, parse_selector
from dj_queue.models import Job
from dj_queue.operations.claim import claim
from dj_queue.operations.ids import make_ids
from tests.admin.pages import Page, logged, said
from tests.project import tasks

VIEW = ("view_job", "view_failedexecution")


def states(jobs):
    return sorted(jobs.values_list("status", flat=True))


@pytest.mark.parametrize("model", ["job", "failedexecution"])
def test_failed_jobs_are_retried_at_once_and_logged(user_with, act, jobs, failed, model):
    first, second, third = failed(3)
    response = act(user_with("retry_job", *VIEW), model, "retry", [first.id, second.id])
    assert response.status_code == 302
    assert said(response) == "Retried 2 jobs."
    assert states(jobs) == ["failed", "ready", "ready"]
    assert jobs.get(id=third.id).status == Status.FAILED
    assert sorted(logged()) == sorted((model, str(job.id), "Retry requested.") for job in (first, second))


def test_retry_leaves_other_jobs_as_they_are_and_says_so(boss, act, jobs, on, failed):
    (job,) = failed()
    ready = on(tasks.add).enqueue(1, 2)
    response = act(boss, "job", "retry", [job.id, ready.id])
    assert said(response) == "Retried 1 job. Only failed jobs are retried; others stay as they are."
    assert logged() == [("job", str(job.id), "Retry requested.")]
    response = act(boss, "job", "retry", [ready.id], select_across="0")
    assert said(response).startswith("Retried 0 jobs.")
    assert len(logged()) == 1


def test_nothing_is_asked_where_no_job_fits(boss, act, jobs, on):
    ended = on(tasks.add).enqueue(1, 2)
    jobs.filter(id=ended.id).update(status=Status.SUCCESSFUL, finished_at=datetime.now(UTC))
    response = act(boss, "job", "discard", [ended.id])
    assert response.status_code == 302
    assert said(response).startswith("Discarded 0 jobs.")


@pytest.mark.fault(57)
def test_discarding_asks_with_a_count_before_it_acts(user_with, act, jobs, failed):
    rows = failed(3)
    client = user_with("discard_job", *VIEW)
    question = act(client, "failedexecution", "discard", [job.id for job in rows[:2]])
    assert question.status_code == 200
    assert "Discard 2 jobs?" in Page(question).text
    assert states(jobs) == ["failed"] * 3
    assert logged() == []
    response = client.post(
        question.request["PATH_INFO"] + "?" + question.request["QUERY_STRING"], _answer(question)
    )
    assert said(response) == "Discarded 2 jobs."
    assert states(jobs) == ["discarded", "discarded", "failed"]
    assert [message for _, _, message in logged()] == ["Discard requested."] * 2


def _answer(question):
    """What the browser sends when the form of the question is submitted."""
    answer = {}
    for tag, attrs in Page(question).elements:
        if tag == "input" and attrs.get("type") == "hidden":
            answer.setdefault(attrs["name"], []).append(attrs["value"])
    return answer


def test_waiting_and_failed_jobs_are_discarded_running_and_ended_ones_stay(
    boss, act, services, jobs, on, failed
):
    failed()
    on(tasks.add, queue_name="taken").enqueue(1, 2)
    assert claim(services, [parse_selector("taken")], 1, uuid4())
    on(tasks.add).enqueue(1, 2)
    on(tasks.add, run_after=datetime.now(UTC) + timedelta(hours=1)).enqueue(1, 2)
    for _ in range(2):
        on(tasks.per_account).enqueue("acme")
    ended = on(tasks.add).enqueue(1, 2)
    jobs.filter(id=ended.id).update(status=Status.SUCCESSFUL, finished_at=datetime.now(UTC))
    ids = list(jobs.values_list("id", flat=True))
    assert states(jobs) == ["blocked", "claimed", "failed", "ready", "ready", "scheduled", "successful"]
    response = act(boss, "job", "discard", ids, confirmed="yes")
    assert said(response).startswith("Discarded 5 jobs. Only ready, scheduled, blocked and failed jobs")
    assert states(jobs) == ["claimed"] + ["discarded"] * 5 + ["successful"]
    assert len(logged()) == 5


def test_retried_job_runs_again_by_its_concurrency_rules(boss, act, services, jobs, on):
    for _ in range(2):
        on(tasks.per_account).enqueue("acme")
    first = jobs.get(status=Status.READY)
    jobs.filter(id=first.id).update(status=Status.FAILED, finished_at=datetime.now(UTC))
    services.dialect.admit([first.concurrency_hash])
    act(boss, "job", "retry", [first.id])
    assert states(jobs) == ["blocked", "ready"]


@pytest.mark.fault(57)
def test_action_on_all_jobs_of_a_list_asks_and_keeps_to_its_filters(boss, act, jobs, failed):
    for queue in ("email", "other"):
        failed(2, queue=queue)
    (any_id, *_) = jobs.values_list("id", flat=True)
    question = act(boss, "job", "retry", [any_id], query="&queue=email", select_across="1")
    assert "Retry 2 jobs?" in Page(question).text
    assert states(jobs) == ["failed"] * 4
    act(boss, "job", "retry", [any_id], query="&queue=email", select_across="1", confirmed="yes")
    assert states(jobs.filter(queue_name="email")) == ["ready"] * 2
    assert states(jobs.filter(queue_name="other")) == ["failed"] * 2


@pytest.mark.fault(57)
def test_bulk_is_done_in_batches_up_to_the_cap_and_says_that_there_is_more(boss, act, backend_alias, jobs):
    now, count = datetime.now(UTC), CAP + job_actions.BATCH
    facts = {"backend_alias": backend_alias, "queue_name": "q", "task_path": "a.b", "status": Status.FAILED}
    rows = [Job(id=pk, enqueued_at=now, finished_at=now, **facts) for pk in make_ids(count)]
    jobs.bulk_create(rows, batch_size=2000)
    question = act(boss, "failedexecution", "discard", [rows[0].id], select_across="1")
    assert f"Discard {CAP:,} jobs?" in Page(question).text
    assert "more than 10,000" in Page(question).text
    response = act(boss, "failedexecution", "discard", [rows[0].id], select_across="1", confirmed="yes")
    assert said(response).startswith(f"Discarded {CAP:,} jobs.")
    assert "more than 10,000" in said(response)
    assert jobs.filter(status=Status.FAILED).count() == job_actions.BATCH
    assert len(logged()) == CAP


@pytest.mark.fault(57)
@pytest.mark.parametrize("model", ["job", "failedexecution"])
@pytest.mark.parametrize(
    ("action", "permission"),
    [("retry", "discard_job"), ("discard", "retry_job"), ("pause_queues", "retry_job")],
)
def test_action_without_its_permission_is_refused_and_changes_nothing(
    user_with, act, admin_url, jobs, failed, model, action, permission
):
    (job,) = failed()
    before = jobs.filter(id=job.id).values().get()
    for client in (user_with(permission, *VIEW), user_with(*VIEW)):
        assert action not in Page(client.get(admin_url(model))).choices()
        assert action not in Page(client.get(admin_url(model, job.id))).buttons()
        assert act(client, model, action, [job.id], confirmed="yes").status_code == 403
        assert act(client, model, action, [job.id], confirmed="yes", index="0").status_code == 403
    assert jobs.filter(id=job.id).values().get() == before
    assert logged() == []


def test_permission_to_act_without_permission_to_look_is_refused(user_with, act, jobs, failed):
    (job,) = failed()
    assert act(user_with("retry_job"), "job", "retry", [job.id]).status_code == 403
    assert states(jobs) == ["failed"]


@pytest.mark.fault(57)
def test_permission_taken_away_after_the_question_counts(user_with, act, jobs, failed):
    (job,) = failed()
    client = user_with("discard_job", *VIEW)
    assert act(client, "job", "discard", [job.id]).status_code == 200
    user = client.get("/admin/").wsgi_request.user
    user.user_permissions.remove(user.user_permissions.get(codename="discard_job"))
    assert act(client, "job", "discard", [job.id], confirmed="yes").status_code == 403
    assert states(jobs) == ["failed"]


@pytest.mark.fault(57)
def test_strangers_are_sent_to_the_login(act, jobs, failed):
    (job,) = failed()
    response = act(Client(), "job", "retry", [job.id])
    assert response.status_code == 302
    assert response.url.startswith("/admin/login/")
    assert states(jobs) == ["failed"]


@pytest.mark.fault(57)
def test_post_without_csrf_token_is_refused(user_with, act, admin_url, jobs, failed):
    (job,) = failed()
    client = user_with("retry_job", *VIEW, enforce_csrf_checks=True)
    assert act(client, "job", "retry", [job.id]).status_code == 403
    assert states(jobs) == ["failed"]
    client.get(admin_url("job"))
    token = client.cookies["csrftoken"].value
    assert act(client, "job", "retry", [job.id], csrfmiddlewaretoken=token).status_code == 302
    assert states(jobs) == ["ready"]


@pytest.mark.fault(57)
@pytest.mark.parametrize("method", ["get", "head", "options"])
def test_get_changes_nothing(boss, admin_url, jobs, failed, method):
    (job,) = failed()
    query = f"&action=retry&_selected_action={job.id}&confirmed=yes"
    for address in (admin_url("job"), admin_url("job", job.id)):
        getattr(boss, method)(f"{address}{query}")
    assert states(jobs) == ["failed"]
    assert logged() == []


@pytest.mark.fault(57)
@pytest.mark.parametrize("pk", ["nonsense", "", "1", "x" * 10_000])
def test_ids_that_are_none_are_a_bad_request(boss, act, pk):
    assert act(boss, "job", "retry", [pk]).status_code == 400


def test_button_of_a_page_does_its_action(boss, admin_url, jobs, failed):
    (job,) = failed()
    page = Page(boss.get(admin_url("job", job.id)))
    (form, *_) = [
        attrs for tag, attrs in page.elements if tag == "form" and "dj-queue-action" in attrs.get("class", "")
    ]
    response = boss.post(form["action"], {"action": "retry", "_selected_action": str(job.id)})
    assert said(response) == "Retried 1 job."
    assert states(jobs) == ["ready"]
    assert Page(boss.get(admin_url("job", job.id))).buttons() == ["discard"]


def test_history_of_a_job_shows_who_did_what(boss, act, failed):
    (job,) = failed()
    act(boss, "job", "retry", [job.id])
    text = Page(boss.get(f"/admin/dj_queue/job/{job.id}/history/")).text
    assert "Retry requested." in text
    assert "boss" in text
