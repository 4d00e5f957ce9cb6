"""Draining the queue in a test: order, schedule, retries, keys, recurring tasks, transactions."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.conf import settings
from django.db import transaction
from django.tasks import signals, task
from django.test import override_settings

from dj_queue import api
from dj_queue.contract import Status
from dj_queue.models import Process, RecurringExecution, RecurringTask
from dj_queue.testing import TooManyJobs, run_jobs
from tests.project import tasks

DAY = timedelta(days=1)
ran = []


@task
def mark(name):
    ran.append(name)


@task
def mark_and_enqueue(name, backend):
    ran.append(name)
    mark.using(backend=backend).enqueue(f"{name}'s child")


@task
def mark_on_commit(name, backend):
    api.enqueue_on_commit(mark.using(backend=backend), name)


@task
def mark_for_commit(robust):
    def callback():
        raise RuntimeError("a callback broke")

    transaction.on_commit(callback, robust=robust)


@task
def again_tomorrow(backend):
    ran.append("today")
    again_tomorrow.using(backend=backend, run_after=datetime.now(UTC) + DAY).enqueue(backend)


@task
def forever(backend):
    forever.using(backend=backend).enqueue(backend)


@pytest.fixture(autouse=True)
def _nothing_ran():
    ran.clear()


@pytest.fixture
def drain(backend_alias):
    return lambda **options: run_jobs(backend_alias=backend_alias, **options)


@pytest.fixture(params=["alone", "in a transaction"])
def around(request, services):
    """Tests run as a TransactionTestCase has them, and inside the transaction of a TestCase."""
    if request.param == "alone":
        yield
        return
    with transaction.atomic(using=services.database.alias):
        yield
        transaction.set_rollback(True, using=services.database.alias)


def names(runs):
    return [(run.task_path.rpartition(".")[2], str(run.status), run.attempt) for run in runs]


@pytest.mark.usefixtures("around")
def test_jobs_run_by_priority_with_what_they_enqueue(on, drain, backend_alias, services):
    on(mark, priority=-5).enqueue("last")
    on(mark_and_enqueue).enqueue("first", backend_alias)
    assert [run.status for run in drain()] == [Status.SUCCESSFUL] * 3
    assert ran == ["first", "first's child", "last"]
    assert drain() == []
    assert not Process.objects.using(services.database.alias).exists()


@pytest.mark.usefixtures("around")
def test_a_task_that_raises_fails_its_job_and_not_the_test(on, drain):
    failed = on(tasks.fail).enqueue("no such thing")
    good = on(tasks.add).enqueue(1, 2)
    runs = drain()
    assert [(run.id, run.status, run.attempt) for run in runs] == [
        (failed.id, Status.FAILED, 1),
        (good.id, Status.SUCCESSFUL, 1),
    ]
    assert runs[0].error.rstrip().endswith("ValueError: no such thing")
    assert runs[1].error == ""
    good.refresh()
    assert good.return_value == 3


@pytest.mark.usefixtures("around")
def test_selected_queues_alone_are_run(on, drain):
    for queue in ("email", "email-bulk", "reports"):
        on(mark, queue_name=queue).enqueue(queue)
    drain(queues="email*")
    assert ran == ["email", "email-bulk"]
    drain(queues="nothing, reports")
    assert ran[2:] == ["reports"]


@pytest.mark.usefixtures("around")
def test_keys_let_one_after_the_other_in(on, drain):
    for _ in range(3):
        on(tasks.per_account).enqueue("acme")
    assert names(drain()) == [("per_account", "successful", 1)] * 3


@pytest.mark.usefixtures("around")
def test_jobs_wait_for_their_moment_and_time_can_pass(on, drain, services):
    now = services.dialect.now()
    for name, hours in (("later", 3), ("soon", 1), ("too late", 30)):
        on(mark, run_after=now + timedelta(hours=hours)).enqueue(name)
    assert drain() == []
    assert names(drain(until=DAY)) == [("mark", "successful", 1)] * 2
    assert ran == ["soon", "later"]
    drain(until=now + 2 * DAY)
    assert ran[2:] == ["too late"]


@pytest.mark.usefixtures("around")
def test_retries_come_when_their_time_has(on, drain):
    on(tasks.patient).enqueue()
    assert names(drain()) == [("patient", "scheduled", 1)]
    assert drain() == []
    assert names(drain(until=timedelta(hours=2))) == [("patient", "scheduled", 2), ("patient", "failed", 3)]


@pytest.mark.usefixtures("around")
def test_what_is_scheduled_while_time_passes_is_scheduled_from_there(
    on, drain, backend_alias, services, jobs
):
    on(again_tomorrow).enqueue(backend_alias)
    drain(until=timedelta(days=3, hours=1))
    assert ran == ["today"] * 4
    (waiting,) = jobs.filter(status=Status.SCHEDULED)
    left = waiting.run_after - services.dialect.now()
    assert timedelta(days=3, hours=23) < left < timedelta(days=4, hours=1)


@pytest.mark.usefixtures("around")
def test_recurring_tasks_fire_each_slot_that_passes(drain, backend_alias, services):
    configured = {alias: {**values} for alias, values in settings.TASKS.items()}
    hourly = {"hourly": {"task_path": f"{__name__}.mark", "schedule": "0 * * * *", "args": ["hour"]}}
    options = {**configured[backend_alias]["OPTIONS"], "recurring": hourly}
    configured[backend_alias]["OPTIONS"] = options
    with override_settings(TASKS=configured):
        drain(until=timedelta(hours=5))
    assert ran == ["hour"] * 5
    rows = RecurringExecution.objects.using(services.database.alias)
    slots = sorted(rows.values_list("run_at", flat=True))
    assert [later - earlier for earlier, later in pairwise(slots)] == [timedelta(hours=1)] * 4
    RecurringTask.objects.using(services.database.alias).all().delete()


@pytest.mark.usefixtures("around")
def test_what_waits_for_a_jobs_commit_is_done(on, drain, backend_alias):
    told = []

    def tell(sender, task_result, **kwargs):
        told.append(task_result.id)

    signals.task_finished.connect(tell)
    try:
        result = on(mark_on_commit).enqueue("after commit", backend_alias)
        runs = drain()
    finally:
        signals.task_finished.disconnect(tell)
    assert ran == ["after commit"]
    assert told == [run.id for run in runs]
    assert told[0] == result.id


@pytest.fixture
def around_all():
    """Tests run inside the transactions of a TestCase that has every database."""
    with ExitStack() as stack:
        for alias in settings.DATABASES:
            stack.enter_context(transaction.atomic(using=alias))
        yield
        for alias in settings.DATABASES:
            transaction.set_rollback(True, using=alias)


@pytest.mark.usefixtures("around_all")
def test_a_job_enqueues_after_the_commit_of_the_projects_database_though_the_queue_is_on_another(
    on, drain, backend_alias
):
    on(mark_on_commit).enqueue("after commit", backend_alias)
    assert names(drain()) == [("mark_on_commit", "successful", 1), ("mark", "successful", 1)]
    assert ran == ["after commit"]


@pytest.mark.usefixtures("around_all")
def test_what_a_receiver_leaves_for_a_commit_on_another_database_is_done_too(on, drain, backend_alias):
    def go_on(sender, task_result, **kwargs):
        if task_result.args == ["first"]:
            api.enqueue_on_commit(on(mark), "second")

    signals.task_finished.connect(go_on)
    try:
        on(mark).enqueue("first")
        drain()
    finally:
        signals.task_finished.disconnect(go_on)
    assert ran == ["first", "second"]


def test_what_was_done_as_a_job_ended_is_not_done_again_at_the_commit(on, drain, backend_alias):
    with transaction.atomic():
        on(mark_on_commit).enqueue("once", backend_alias)
        drain()
    drain()
    assert ran == ["once"]


@pytest.mark.usefixtures("around_all")
def test_a_robust_callback_that_raises_is_logged_and_another_fails_the_test(on, drain, caplog):
    on(mark_for_commit).enqueue(True)
    assert names(drain()) == [("mark_for_commit", "successful", 1)]
    assert "a callback broke" in caplog.text
    on(mark_for_commit).enqueue(False)
    with pytest.raises(RuntimeError, match="a callback broke"):
        drain()


def test_jobs_of_a_transaction_are_run_once_it_commits(on, drain, backend_alias, services):
    with transaction.atomic(using=services.database.alias):
        api.enqueue_on_commit(on(mark), "committed", using=services.database.alias)
        assert drain() == []
    drain()
    assert ran == ["committed"]


def test_jobs_without_end_are_told(on, drain, backend_alias, services):
    on(forever).enqueue(backend_alias)
    with pytest.raises(TooManyJobs, match=r"25 attempts .*forever is next"):
        drain(most=25)
    assert not Process.objects.using(services.database.alias).exists()


def test_async_tasks_run_too(on, drain):
    on(tasks.anap).enqueue(0)
    assert names(drain()) == [("anap", "successful", 1)]
