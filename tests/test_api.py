"""The public API: queues, recurring tasks, commits, discards."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.tasks.exceptions import InvalidTask, TaskResultDoesNotExist
from django.test import override_settings

from dj_queue import api
from dj_queue.contract import Status
from dj_queue.exceptions import ConfigurationError, JobNotFound
from dj_queue.models import RecurringTask
from dj_queue.operations.promote import promote_due
from tests.project import tasks


def test_queue_is_measured_paused_resumed_and_cleared(on, backend_alias):
    orders = api.QueueInfo("orders", backend_alias=backend_alias)
    for number in range(3):
        on(tasks.add, queue_name="orders").enqueue(number, 0)
    assert orders.size == 3
    assert orders.latency >= 0
    orders.pause()
    assert (orders.paused, orders.latency) == (True, None)
    orders.resume()
    assert not orders.paused
    assert orders.clear() == 3
    assert orders.size == 0


@pytest.mark.smoke
def test_enqueue_on_commit_waits_for_the_commit_and_forgets_on_rollback(on, backend_alias, services, jobs):
    with transaction.atomic(using=services.database.alias):
        api.enqueue_on_commit(on(tasks.add), 1, 2)
        assert jobs.count() == 0
    assert jobs.count() == 1
    with pytest.raises(RuntimeError), transaction.atomic(using=services.database.alias):
        api.enqueue_on_commit(on(tasks.add), 1, 2)
        raise RuntimeError
    assert jobs.count() == 1


def test_enqueue_on_commit_waits_for_the_projects_own_transaction_when_the_queue_is_elsewhere(on, jobs):
    with transaction.atomic():
        api.enqueue_on_commit(on(tasks.add), 1, 2)
        assert jobs.count() == 0
    assert jobs.count() == 1
    with pytest.raises(RuntimeError), transaction.atomic():
        api.enqueue_on_commit(on(tasks.add), 1, 2)
        raise RuntimeError
    assert jobs.count() == 1


def test_enqueue_on_commit_serves_other_backends_too():
    with override_settings(TASKS={"default": {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}}):
        with transaction.atomic():
            api.enqueue_on_commit(tasks.add, 1, 2)
            assert tasks.add.get_backend().results == []
        assert len(tasks.add.get_backend().results) == 1


def test_enqueue_in_a_transaction_that_rolls_back_never_was(on, services, jobs):
    with pytest.raises(RuntimeError), transaction.atomic(using=services.database.alias):
        on(tasks.add).enqueue(1, 2)
        raise RuntimeError
    assert jobs.count() == 0


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), "\0", "\ud800", {1: "a", "1": "b"}, {1, 2}, 2**64, object()],
)
def test_arguments_that_no_database_agrees_on_are_refused_before_any_sql(on, services, jobs, value):
    with transaction.atomic(using=services.database.alias):
        with pytest.raises(InvalidTask, match=r"args\[0\]"):
            on(tasks.add).enqueue(value, 1)
        on(tasks.add).enqueue(1, 1)
    assert jobs.count() == 1


def test_bulk_enqueue_is_all_or_nothing(on, jobs):
    backend = on(tasks.add).get_backend()
    with pytest.raises(InvalidTask):
        backend.enqueue_all([(on(tasks.add), (1, 1), {}), (on(tasks.add), (object(), 1), {})])
    assert jobs.count() == 0
    assert len(backend.enqueue_all([(on(tasks.add), (i, i), {}) for i in range(1500)])) == 1500
    assert jobs.count() == 1500


def test_ids_that_name_no_job_are_refused_as_django_says(on):
    backend = on(tasks.add).get_backend()
    for result_id in ("not-a-uuid", "01890000-0000-7000-8000-000000000000", ""):
        with pytest.raises(TaskResultDoesNotExist):
            backend.get_result(result_id)


def test_recurring_task_is_checked_stored_changed_and_removed(backend_alias, services):
    facts = {"task_path": "tests.project.tasks.add", "args": [1, 2], "backend_alias": backend_alias}
    api.schedule_recurring_task(key="report", schedule="0 * * * *", **facts)
    api.schedule_recurring_task(key="report", schedule="5 * * * *", **facts)
    row = RecurringTask.objects.using(services.database.alias).get()
    assert (row.key, row.schedule, row.is_static) == ("report", "5 * * * *", False)
    assert api.unschedule_recurring_task("report", backend_alias=backend_alias) == 1
    assert api.unschedule_recurring_task("report", backend_alias=backend_alias) == 0


def test_recurring_task_with_mistakes_is_refused_with_all_of_them(backend_alias):
    with pytest.raises(ConfigurationError) as refused:
        api.schedule_recurring_task(
            key="bad", task_path="nodots", schedule="0 0 30 2 *", priority=500, backend_alias=backend_alias
        )
    text = str(refused.value)
    assert "task_path" in text
    assert "schedule" in text
    assert "priority" in text


def test_second_job_of_a_discarding_key_is_discarded_at_once(on):
    first, second = on(tasks.singleton).enqueue(), on(tasks.singleton).enqueue()
    assert first.status == "READY"
    assert second.status == "FAILED"
    second.refresh()
    assert second.errors[0].exception_class_path == "dj_queue.exceptions.JobDiscarded"


def test_jobs_that_are_not_failed_cannot_be_retried(on, backend_alias):
    result = on(tasks.add).enqueue(1, 1)
    for job_id in (result.id, "nonsense"):
        with pytest.raises(JobNotFound):
            api.retry_failed_job(job_id, backend_alias=backend_alias)


def test_a_failed_job_is_retried_at_the_time_named(on, backend_alias, run_jobs, jobs, services):
    result = on(tasks.fail).enqueue("no")
    run_jobs()
    due = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    job = api.schedule_failed_job_retry(result.id, retry_at=due, backend_alias=backend_alias)
    assert (job.status, job.run_after, job.finished_at, len(job.errors)) == (Status.SCHEDULED, due, None, 1)
    assert promote_due(services, 10) == 0
    jobs.filter(id=result.id).update(run_after=due - timedelta(hours=2))
    assert promote_due(services, 10) == 1
    run_jobs()
    result.refresh()
    assert (result.status, result.attempts) == ("FAILED", 2)


def test_a_retry_at_a_moment_that_cannot_be_stored_is_refused(on, backend_alias, run_jobs, jobs):
    result = on(tasks.fail).enqueue("no")
    run_jobs()
    for moment in (datetime(2030, 1, 1), datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)):
        with pytest.raises(ValueError):
            api.schedule_failed_job_retry(result.id, retry_at=moment, backend_alias=backend_alias)
    assert jobs.get(id=result.id).status == Status.FAILED


def test_only_failed_jobs_are_scheduled_to_be_retried(on, backend_alias):
    result = on(tasks.add).enqueue(1, 1)
    for job_id in (result.id, "nonsense"):
        with pytest.raises(JobNotFound):
            api.schedule_failed_job_retry(job_id, retry_at=datetime.now(UTC), backend_alias=backend_alias)


def test_everything_public_is_there_and_says_what_it_does():
    for name in api.__all__:
        assert getattr(api, name).__doc__, name


def test_metrics_tell_jobs_latency_and_pauses(on, backend_alias):
    on(tasks.add, queue_name="orders").enqueue(1, 1)
    names = {sample.name: sample for sample in api.metrics(backend_alias=backend_alias)}
    assert names["dj_queue_queue_jobs"].value == 1
    assert names["dj_queue_queue_paused"].value == 0


async def _aenqueue(task):
    result = await task.aenqueue(1, 2)
    return await task.get_backend().aget_result(result.id)


def test_async_calls_enqueue_and_read(on):
    from asgiref.sync import async_to_sync

    result = async_to_sync(_aenqueue)(on(tasks.add))
    assert (result.args, result.status) == ([1, 2], "READY")
