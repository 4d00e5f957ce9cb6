"""Results as django.tasks asks for them: every field, in every state a job can be in."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import django
import pytest
from django.conf import settings
from django.tasks import TaskResultStatus, task
from django.tasks.exceptions import TaskResultDoesNotExist, TaskResultMismatch
from django.tasks.signals import task_finished
from django.test import override_settings

from dj_queue import api
from dj_queue.contract import Status
from dj_queue.exceptions import ProcessExitError
from dj_queue.operations.promote import promote_due
from dj_queue.operations.recover import recover_process
from tests.project.tasks import add, attempt_number, fail, give_back, leave, third_time

LONG_AGO = timedelta(hours=1)


@task(takes_context=True)
def look_at_myself(context):
    result = context.task_result
    stored = result.task.get_backend().get_result(result.id)
    return {
        "status": str(result.status),
        "attempts": [context.attempt, result.attempts, stored.attempts],
        "is_dated": None not in (result.started_at, result.last_attempted_at),
        "stored": str(stored.status),
        "is_finished": stored.is_finished,
        "workers_agree": result.worker_ids == stored.worker_ids,
    }


@pytest.fixture
def claim_all(backend_alias):
    """`claim_all()` takes every ready job and runs none."""
    return lambda: api.claim_ready_jobs(limit=100, backend_alias=backend_alias)


@pytest.fixture
def run_again(services, jobs, run_jobs):
    """`run_again()` runs what is ready, once what waits for a retry is due."""

    def run():
        jobs.filter(status=Status.SCHEDULED).update(run_after=services.dialect.now() - timedelta(seconds=1))
        promote_due(services, 100)
        run_jobs()

    return run


def in_order(result):
    """Whether the result's moments follow each other."""
    known = (result.enqueued_at, result.started_at, result.last_attempted_at, result.finished_at)
    assert None not in known
    return list(known) == sorted(known)


def test_a_successful_job(on, run_jobs):
    result = on(add).enqueue(1, 2)
    run_jobs()
    result.refresh()
    assert result.status is TaskResultStatus.SUCCESSFUL
    assert (result.is_finished, result.return_value, result.errors) == (True, 3, [])
    assert result.attempts == len(result.worker_ids) == 1
    assert UUID(result.worker_ids[0])
    assert in_order(result)


def test_without_time_zones_the_moments_of_results_are_local(on, jobs, run_jobs):
    told = []

    def receive(sender, task_result, **kwargs):
        told.append(task_result)

    task_finished.connect(receive)
    try:
        with override_settings(USE_TZ=False):
            result = on(add).enqueue(1, 2)
            run_jobs()
            result.refresh()
            assert in_order(result)
            now = datetime.now(ZoneInfo(settings.TIME_ZONE)).replace(tzinfo=None)
            assert now - LONG_AGO < result.enqueued_at < now + LONG_AGO
    finally:
        task_finished.disconnect(receive)
    assert told[0].finished_at == result.finished_at
    assert jobs.get(id=result.id).finished_at.tzinfo is not None


@pytest.mark.parametrize("value", [None, 0, "", [], {}, False, [None, {"ä": "🐎"}]], ids=repr)
def test_return_values_come_back_as_they_were(on, run_jobs, value):
    result = on(echo).enqueue(value)
    run_jobs()
    result.refresh()
    assert (result.status, result.return_value) == ("SUCCESSFUL", value)


@task
def echo(value):
    return value


def test_a_failed_job(on, run_jobs):
    result = on(fail).enqueue("the reason")
    run_jobs()
    result.refresh()
    assert result.status is TaskResultStatus.FAILED
    assert result.is_finished
    (error,) = result.errors
    assert error.exception_class is ValueError
    assert "the reason" in error.traceback
    assert result.attempts == len(result.worker_ids) == 1
    assert in_order(result)
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


@pytest.mark.parametrize(
    ("bad", "args", "path"),
    [
        (leave, [3], "builtins.SystemExit"),
        (give_back, ["set"], "dj_queue.exceptions.ResultNotStorable"),
        (add, [1], "builtins.TypeError"),
    ],
    ids=["leaves", "returns a set", "changed its signature"],
)
def test_whatever_ends_a_task_is_its_jobs_error(on, run_jobs, bad, args, path):
    result = on(bad).enqueue(*args)
    run_jobs()
    result.refresh()
    assert [error.exception_class_path for error in result.errors] == [path]


def test_a_running_job(on, jobs, backend_alias, run_jobs):
    result = on(look_at_myself).enqueue()
    run_jobs()
    result.refresh()
    assert result.return_value == {
        "status": "RUNNING",
        "attempts": [1, 1, 1],
        "is_dated": True,
        "stored": "RUNNING",
        "is_finished": False,
        "workers_agree": True,
    }


def test_a_claimed_job_is_as_good_as_running(on, claim_all):
    result = on(add).enqueue(1, 2)
    (claimed,) = claim_all()
    result.refresh()
    assert (result.status, result.is_finished) == ("RUNNING", False)
    assert result.worker_ids == claimed.worker_ids == [str(claimed.process_id)]
    assert result.started_at == result.last_attempted_at == claimed.claimed_at
    assert result.finished_at is None
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value


def test_a_job_between_its_attempts_is_ready_and_remembers_them(on, run_jobs, run_again):
    result = on(third_time).enqueue()
    run_jobs()
    for attempts in (1, 2):
        result.refresh()
        assert (result.status, result.is_finished, result.finished_at) == ("READY", False, None)
        assert result.attempts == len(result.worker_ids) == len(result.errors) == attempts
        assert result.enqueued_at <= result.started_at <= result.last_attempted_at
        run_again()
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == ("SUCCESSFUL", 3, 3)
    assert [error.exception_class_path for error in result.errors] == ["builtins.RuntimeError"] * 2
    assert result.started_at < result.last_attempted_at < result.finished_at


def test_a_job_given_back_unstarted_has_only_the_attempts_it_had(on, services, run_jobs, claim_all, jobs):
    result = on(third_time).enqueue()
    run_jobs()
    jobs.filter(id=result.id).update(run_after=services.dialect.now() - timedelta(seconds=1))
    promote_due(services, 10)
    (claimed,) = claim_all()
    recover_process(services, claimed.process_id, ProcessExitError("it went away"))
    result.refresh()
    assert (result.status, result.attempts) == ("READY", 1)
    assert result.started_at is not None
    assert result.last_attempted_at is not None


def test_an_attempt_lost_with_its_process_counts_as_one(on, services, claim_all, run_jobs):
    result = on(attempt_number).enqueue()
    (claimed,) = claim_all()
    recover_process(services, claimed.process_id, ProcessExitError("killed by SIGKILL"), {claimed.job.id})
    result.refresh()
    assert (result.status, result.attempts) == ("READY", 1)
    assert result.errors[0].exception_class is ProcessExitError
    run_jobs()
    result.refresh()
    assert (result.status, result.attempts, result.return_value) == ("SUCCESSFUL", 2, 2)


def test_a_failed_job_that_is_retried_is_ready_again(on, run_jobs, backend_alias):
    result = on(fail).enqueue("no")
    run_jobs()
    api.retry_failed_job(result.id, backend_alias=backend_alias)
    result.refresh()
    assert (result.status, result.finished_at, result.attempts, len(result.errors)) == ("READY", None, 1, 1)
    run_jobs()
    result.refresh()
    assert (result.status, result.attempts, len(result.errors)) == ("FAILED", 2, 2)


def test_scheduled_and_blocked_jobs_are_ready_to_django(on, run_jobs):
    from tests.project.tasks import per_account

    later = on(add, run_after=datetime.now(UTC) + LONG_AGO).enqueue(1, 1)
    results = [later, on(per_account).enqueue("a"), on(per_account).enqueue("a")]
    for result in results:
        result.refresh()
        assert (result.status, result.attempts, result.started_at) == ("READY", 0, None)


def test_a_discarded_job_says_why_it_failed(on, backend_alias):
    result = on(add).enqueue(1, 1)
    api.discard_ready_jobs(job_ids=[result.id], backend_alias=backend_alias)
    result.refresh()
    assert (result.status, result.attempts) == ("FAILED", 0)
    assert result.errors[0].exception_class_path == "dj_queue.exceptions.JobDiscarded"


@pytest.mark.parametrize(
    "result_id",
    [
        "",
        "not-a-uuid",
        "x" * 10_000,
        "0" * 32,
        str(UUID(int=0)),
        None,
        7,
        b"bytes",
        ["list"],
        "\0",
        "\ud800",
        object(),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_ids_that_name_no_job_raise_as_django_says(on, result_id):
    with pytest.raises(TaskResultDoesNotExist):
        on(add).get_backend().get_result(result_id)
    with pytest.raises(TaskResultDoesNotExist):
        on(add).get_result(result_id)


def test_async_readers_are_told_the_same(on):
    from asgiref.sync import async_to_sync

    for result_id in ("not-a-uuid", str(uuid4())):
        with pytest.raises(TaskResultDoesNotExist):
            async_to_sync(on(add).aget_result)(result_id)
    result = on(add).enqueue(1, 1)
    with pytest.raises(TaskResultMismatch):
        async_to_sync(on(fail).aget_result)(result.id)


def test_a_job_of_another_backend_is_not_found_here(on, backend_alias):
    result = on(add).enqueue(1, 1)
    for other in settings.TASKS:
        if other != backend_alias:
            with pytest.raises(TaskResultDoesNotExist):
                add.using(backend=other).get_result(result.id)


def test_a_result_of_another_task_is_a_mismatch(on):
    result = on(add).enqueue(1, 1)
    with pytest.raises(TaskResultMismatch, match="add"):
        on(fail).get_result(result.id)


def test_a_result_whose_queue_left_queues_is_still_shown_and_its_job_still_runs(on, backend_alias, run_jobs):
    result = on(add, queue_name="gone").enqueue(1, 2)
    entry = {**settings.TASKS[backend_alias], "QUEUES": ["default"]}
    with override_settings(TASKS={**settings.TASKS, backend_alias: entry}):
        stored = on(add).get_result(result.id)
        assert stored.task.queue_name == "gone"
        run_jobs()
        stored.refresh()
        assert stored.return_value == 3


def test_a_result_whose_task_was_removed_is_still_shown(on, jobs, run_jobs):
    result = on(add).enqueue(1, 2)
    jobs.filter(id=result.id).update(task_path="tests.project.tasks.removed")
    backend = on(add).get_backend()
    stored = backend.get_result(result.id)
    assert (stored.task.module_path, stored.status) == ("tests.project.tasks.removed", "READY")
    run_jobs()
    stored.refresh()
    assert stored.status == "FAILED"
    assert [error.exception_class_path for error in stored.errors] == ["dj_queue.exceptions.UnknownTask"]
    assert stored.attempts == len(stored.worker_ids) == 1
    with pytest.raises(TaskResultMismatch):
        on(add).get_result(result.id)


def test_a_row_that_names_something_else_than_a_task_imports_and_runs_nothing(on, jobs, run_jobs):
    import sys

    before = set(sys.modules)
    paths = ["os.system", "antigravity.antigravity", "this.s", "tests.project.tasks", "x", "..", "a" * 255]
    results = [on(add).enqueue("echo", 1) for _ in paths]
    for result, path in zip(results, paths, strict=True):
        jobs.filter(id=result.id).update(task_path=path)
    run_jobs()
    for result in results:
        result.refresh()
        assert result.errors[-1].exception_class_path == "dj_queue.exceptions.UnknownTask"
    assert not {"antigravity", "this"} & (set(sys.modules) - before)


def test_results_are_copied_and_compared_like_djangos(on, run_jobs):
    result = on(add).enqueue(1, 2)
    run_jobs()
    stored = on(add).get_result(result.id)
    assert copy.copy(stored) == stored == on(add).get_result(result.id)
    assert copy.deepcopy(stored).return_value == 3
    if django.VERSION >= (6, 1):
        assert pickle.loads(pickle.dumps(stored)) == stored


def test_changing_a_result_changes_neither_the_arguments_given_nor_the_job(on):
    given = [{"a": 1}]
    result = on(add).enqueue(given, 1)
    result.args[0][0]["a"] = 2
    assert given == [{"a": 1}]
    assert on(add).get_result(result.id).args == [[{"a": 1}], 1]
