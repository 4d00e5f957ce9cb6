"""Every page shows whatever is stored: escaped, without importing anything, for those who may look."""

import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dj_queue import api
from dj_queue.contract import Status
from dj_queue.models import Job, Pause, Process, RecurringExecution, RecurringTask, Semaphore
from dj_queue.operations import queues, recurring
from dj_queue.operations.processes import describe_process, register
from tests.admin.pages import Page
from tests.project import tasks

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
STEERING = "\u202e\u2066\x1b\x85"
MODELS = ("job", "failedexecution", "process", "recurringtask", "recurringexecution", "pause", "semaphore")


@pytest.fixture
def hostile(backend_alias, services):
    """One row in each table whose every text is an attack; their ids by model."""
    now, database = datetime.now(UTC), services.database.alias
    text, short = f"{EVIL}{STEERING}", EVIL[:64]
    same = {"backend_alias": backend_alias}
    call = {"args": [text, {text: text}], "kwargs": {text: text}, "task_path": text, "queue_name": text}
    error = {"attempt": text, "class": text, "traceback": text, "worker": text, "at": text}
    job = Job.objects.using(database).create(
        **same,
        **call,
        id=uuid4(),
        status=Status.FAILED,
        on_crash=text[:8],
        on_conflict=text[:8],
        concurrency_key=text,
        concurrency_hash="f" * 64,
        enqueued_at=now,
        finished_at=now,
        process_id=uuid4(),
        errors=[error, error],
    )
    process = Process.objects.using(database).create(
        **same,
        id=uuid4(),
        kind=short[:16],
        name=text,
        pid=1,
        hostname=text,
        metadata={text: text},
        supervisor_id=uuid4(),
        started_at=now,
        last_heartbeat_at=now,
    )
    task = RecurringTask.objects.using(database).create(
        **same,
        **call,
        key=text,
        key_hash="e" * 64,
        schedule=text,
        time_zone=short,
        catch_up=text[:8],
        description=text,
        scheduled_from=now,
        is_static=True,
    )
    firing = RecurringExecution.objects.using(database).create(
        **same, key_hash="e" * 64, run_at=now, job_id=uuid4(), created_at=now
    )
    pause = Pause.objects.using(database).create(**same, queue_name=text, created_at=now)
    semaphore = Semaphore.objects.using(database).create(key_hash="f" * 64, key=text, limit=1, used_at=now)
    pks = (job.id, job.id, process.id, task.id, firing.id, pause.id, semaphore.key_hash)
    return dict(zip(MODELS, pks, strict=True))


@pytest.mark.fault(57)
@pytest.mark.parametrize("model", MODELS)
def test_hostile_text_is_shown_as_text(boss, admin_url, hostile, model):
    for address in (
        admin_url(model),
        admin_url(model, hostile[model]),
        f"/admin/dj_queue/{model}/{hostile[model]}/history/",
    ):
        response = boss.get(address, follow=True)
        page = Page(response)
        assert response.status_code == 200
        assert page.harm() == []
        assert "<script>alert(1)" not in response.content.decode()
        assert not set(STEERING) & set(response.content.decode())


@pytest.mark.fault(57)
@pytest.mark.parametrize(
    ("model", "shown"),
    [
        ("job", ["\\u202e", "\\x1b", "onerror=alert(2)"]),
        ("failedexecution", ["\\u202e", "onerror=alert(2)"]),
        ("process", ["\\u202e", "onerror=alert(2)"]),
        ("recurringtask", ["\\u202e", "onerror=alert(2)"]),
        ("pause", ["\\u202e", "onerror=alert(2)"]),
        ("semaphore", ["\\u202e", "onerror=alert(2)"]),
    ],
)
def test_nothing_of_hostile_text_is_hidden(boss, admin_url, hostile, model, shown):
    text = Page(boss.get(admin_url(model, hostile[model]))).text
    for part in shown:
        assert part in text


@pytest.mark.fault(57)
def test_question_before_an_action_shows_hostile_text_as_text(boss, act, services, backend_alias, hostile):
    task = RecurringTask.objects.using(services.database.alias).get(id=hostile["recurringtask"])
    RecurringTask.objects.using(services.database.alias).filter(id=task.id).update(is_static=False)
    for model, action in (("job", "discard"), ("recurringtask", "unschedule")):
        response = act(boss, model, action, [hostile[model]])
        assert response.status_code == 200
        assert Page(response).harm() == []


@pytest.mark.fault(58)
def test_looking_imports_neither_task_nor_exception(boss, admin_url, services, jobs, on):
    sys.modules.pop("this", None)
    result = on(tasks.add).enqueue(1, 2)
    error = {"attempt": 1, "class": "this.Error", "traceback": "", "worker": "w", "at": ""}
    jobs.filter(id=result.id).update(
        task_path="this.task", status=Status.FAILED, finished_at=datetime.now(UTC), errors=[error]
    )
    for model in ("job", "failedexecution"):
        assert "this.task" in Page(boss.get(admin_url(model))).text
        page = Page(boss.get(admin_url(model, result.id)))
        assert "this.Error" in page.text
    assert "this" not in sys.modules


@pytest.mark.fault(58)
@pytest.mark.parametrize("errors", ["text", {"a": 1}, [1, None], [[]], 7, [{}]], ids=repr)
def test_errors_of_another_shape_are_shown_as_they_are(boss, admin_url, jobs, failed, errors):
    (job,) = failed()
    jobs.filter(id=job.id).update(errors=errors, args="no list", kwargs=[1])
    assert boss.get(admin_url("failedexecution")).status_code == 200
    assert boss.get(admin_url("failedexecution", job.id)).status_code == 200


def test_page_of_a_job_says_all_there_is(boss, admin_url, jobs, failed):
    (job,) = failed(text="no customer 42")
    page = Page(boss.get(admin_url("job", job.id)))
    for part in (
        str(job.id),
        "tests.project.tasks.add",
        "failed",
        "ValueError",
        "no customer 42",
        "Attempt 1",
    ):
        assert part in page.text
    assert "[\n  0,\n  1\n]" in page.text
    assert page.buttons() == ["retry", "discard"]


def test_page_of_a_successful_job_shows_what_it_returned(boss, admin_url, jobs, on):
    result = on(tasks.add).enqueue(1, 2)
    facts = {"status": Status.SUCCESSFUL, "finished_at": datetime.now(UTC), "return_value": {"sum": 3}}
    jobs.filter(id=result.id).update(**facts)
    page = Page(boss.get(admin_url("job", result.id)))
    assert '"sum": 3' in page.text
    assert page.buttons() == []


@pytest.mark.fault(58)
def test_pages_of_a_job_hide_what_is_sensitive(boss, admin_url, jobs, on):
    refused = on(tasks.refuse_secret).enqueue("ada", "hunter2", {"apiToken": "t0k3n", "size": 7})
    kept = on(tasks.per_secret).enqueue(secret="hunter2")
    facts = {
        "status": Status.SUCCESSFUL,
        "finished_at": datetime.now(UTC),
        "return_value": {"echo": "hunter2"},
    }
    jobs.filter(id=kept.id).update(**facts)
    for result, shown in ((refused, ["ada", "size", "[hidden]"]), (kept, ["secret:[hidden]", "[hidden]"])):
        for model in ("job", "semaphore"):
            assert "hunter2" not in boss.get(admin_url(model)).content.decode()
        page = Page(boss.get(admin_url("job", result.id))).text
        assert all(part in page for part in shown)
        assert "hunter2" not in page
        assert "t0k3n" not in page


@pytest.mark.fault(58)
def test_a_job_whose_task_is_gone_shows_no_arguments(boss, admin_url, jobs, on):
    result = on(tasks.refuse_secret).enqueue("ada", "hunter2", {})
    jobs.filter(id=result.id).update(task_path="tests.project.tasks.gone")
    page = Page(boss.get(admin_url("job", result.id))).text
    assert "[hidden]" in page
    assert "ada" not in page


@pytest.mark.fault(58)
def test_page_of_a_recurring_task_hides_what_is_sensitive(boss, admin_url, backend_alias):
    facts = {"task_path": "tests.project.tasks.refuse_secret", "backend_alias": backend_alias}
    call = {"args": ["ada"], "kwargs": {"secret": "hunter2", "body": {}}}
    task = api.schedule_recurring_task(key="check", schedule="0 0 1 1 *", **call, **facts)
    page = Page(boss.get(admin_url("recurringtask", task.id))).text
    assert "ada" in page
    assert "hunter2" not in page


def test_huge_payload_is_cut(boss, admin_url, on):
    result = on(tasks.add).enqueue("x" * 500_000, 1)
    response = boss.get(admin_url("job", result.id))
    assert "characters left out" in Page(response).text
    assert len(response.content) < 200_000


def test_page_of_a_job_links_its_process_while_that_is_registered(boss, admin_url, services, jobs, failed):
    worker = describe_process(services, "worker", uuid4())
    register(services, worker, None, {})
    (job,) = failed()
    address = f'href="{admin_url("process", worker.id)}"'
    jobs.filter(id=job.id).update(process_id=worker.id)
    assert address in boss.get(admin_url("job", job.id)).content.decode()
    Process.objects.using(services.database.alias).all().delete()
    assert address not in boss.get(admin_url("job", job.id)).content.decode()


def test_list_of_processes_tells_the_living_from_the_silent(boss, admin_url, services):
    silent, living = (describe_process(services, kind, uuid4()) for kind in ("dispatcher", "worker"))
    for process in (silent, living):
        register(services, process, None, {"threads": 3})
    rows = Process.objects.using(services.database.alias)
    long_ago = services.dialect.now() - timedelta(hours=1)
    rows.filter(id=silent.id).update(last_heartbeat_at=long_ago)
    for process, answer in ((silent, "no"), (living, "yes")):
        page = Page(boss.get(admin_url("process", process.id)))
        icons = [attrs["src"] for tag, attrs in page.elements if "icon-" in attrs.get("src", "")]
        assert f"/static/admin/img/icon-{answer}.svg" in icons
    assert Page(boss.get(admin_url("process"))).text.count(living.name) == 1


def test_recurring_tasks_show_their_next_slot(boss, admin_url, services, backend_alias):
    facts = {"task_path": "tests.project.tasks.add", "backend_alias": backend_alias}
    task = api.schedule_recurring_task(key="new year", schedule="0 0 1 1 *", **facts)
    rows = RecurringTask.objects.using(services.database.alias)
    assert "dynamic_tasks_enabled is off" in Page(boss.get(admin_url("recurringtask"))).text
    rows.update(is_static=True)
    assert "-01-01 00:00:00" in Page(boss.get(admin_url("recurringtask"))).text
    rows.update(schedule="whenever")
    assert "whenever" in Page(boss.get(admin_url("recurringtask", task.id))).text


def test_firings_name_their_task_and_link_their_job(boss, admin_url, services, backend_alias):
    facts = {"task_path": "tests.project.tasks.add", "args": [1, 2], "backend_alias": backend_alias}
    task = api.schedule_recurring_task(key="report", schedule="0 0 1 1 *", **facts)
    now = services.dialect.now().replace(microsecond=0)
    assert recurring.fire(services, task, now + timedelta(minutes=1))
    firing = RecurringExecution.objects.using(services.database.alias).get()
    response = boss.get(admin_url("recurringexecution"))
    assert "report" in Page(response).text
    assert f'href="{admin_url("job", firing.job_id)}"' in response.content.decode()


def test_page_of_a_semaphore_counts_those_in_and_those_waiting(boss, admin_url, services, on):
    for _ in range(3):
        on(tasks.per_account).enqueue("acme")
    semaphore = Semaphore.objects.using(services.database.alias).get()
    text = " ".join(Page(boss.get(admin_url("semaphore", semaphore.pk))).text.split())
    assert "Ready or running: 1" in text
    assert "Waiting for a slot: 2" in text


def test_list_of_pauses_names_the_queues(boss, admin_url, services):
    queues.pause(services, "email")
    assert "email" in Page(boss.get(admin_url("pause"))).text


@pytest.mark.fault(57)
@pytest.mark.parametrize("model", MODELS)
def test_who_may_not_look_sees_nothing(user_with, admin_url, hostile, model):
    others = [f"view_{other}" for other in MODELS if other != model]
    client = user_with(*others)
    for address in (admin_url(model), admin_url(model, hostile[model])):
        assert client.get(address).status_code == 403


@pytest.mark.fault(57)
@pytest.mark.parametrize("model", MODELS)
def test_rows_cannot_be_added_changed_or_deleted_by_hand(boss, admin_url, hostile, model):
    page = f"/admin/dj_queue/{model}/{hostile[model]}"
    assert boss.post(admin_url(model, hostile[model]), {"queue_name": "other"}).status_code == 403
    assert boss.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    if model != "pause":
        assert boss.get(f"/admin/dj_queue/{model}/add/").status_code == 403
