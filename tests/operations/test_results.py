"""Results: every status as Django's, and no stored row, however wrong, breaks its reading or imports anything."""

import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import connections
from django.tasks import TaskResultStatus
from django.tasks.exceptions import TaskResultDoesNotExist

from dj_queue.contract import Status
from dj_queue.operations import results
from dj_queue.operations.finish import finish
from tests.operations.outcomes import failure, release, retry, success
from tests.project import tasks

EXPECTED = {
    Status.READY: TaskResultStatus.READY,
    Status.SCHEDULED: TaskResultStatus.READY,
    Status.BLOCKED: TaskResultStatus.READY,
    Status.CLAIMED: TaskResultStatus.RUNNING,
    Status.SUCCESSFUL: TaskResultStatus.SUCCESSFUL,
    Status.FAILED: TaskResultStatus.FAILED,
    Status.CANCELLED: TaskResultStatus.FAILED,
    Status.DISCARDED: TaskResultStatus.FAILED,
}


@pytest.mark.parametrize("status", Status)
def test_every_status_has_its_place_in_djangos(services, on, jobs, status):
    result = on(tasks.add).enqueue(1, 1)
    jobs.update(status=status)
    assert results.stored_result(services, result.id).status == EXPECTED[status]


def test_a_result_tells_the_whole_life_of_its_job(services, on, take):
    result = on(tasks.add).enqueue(1, 2)
    task = result.task
    (first,) = take()
    running = results.stored_result(services, result.id)
    assert (running.status, running.attempts) == ("RUNNING", 1)
    assert running.worker_ids == [str(first.process_id)]
    assert running.started_at == running.last_attempted_at is not None
    finish(services, [release(first)])
    waiting = results.stored_result(services, result.id)
    assert (waiting.status, waiting.attempts, waiting.started_at) == ("READY", 0, None)
    (second,) = take()
    finish(services, [success(second, "3")])
    done = results.stored_result(services, result.id)
    assert (done.status, done.return_value, done.errors) == ("SUCCESSFUL", 3, [])
    assert done.worker_ids == [str(second.process_id)]
    assert done.enqueued_at == result.enqueued_at
    assert done.started_at <= done.finished_at
    assert (done.task, done.args, done.kwargs, done.backend) == (task, [1, 2], {}, services.alias)


def test_each_attempt_is_one_worker_and_each_error_is_kept(services, on, take):
    result = on(tasks.add).enqueue(1, 2)
    (job,) = take()
    finish(services, [failure(job)])
    failed = results.stored_result(services, result.id)
    assert (failed.status, failed.attempts, failed.worker_ids) == ("FAILED", 1, ["w"])
    (error,) = failed.errors
    assert (error.exception_class, error.traceback) == (ValueError, "no")
    with pytest.raises(ValueError, match="failed"):
        _ = failed.return_value


def test_a_job_that_will_run_again_is_ready_meanwhile(services, on, take):
    result = on(tasks.add).enqueue(1, 2)
    (job,) = take()
    finish(services, [retry(job, 60)])
    waiting = results.stored_result(services, result.id)
    assert (waiting.status, waiting.finished_at) == ("READY", None)
    assert waiting.started_at is not None


def test_a_discarded_job_says_so(services, on, jobs):
    result = on(tasks.add).enqueue(1, 2)
    jobs.update(status=Status.DISCARDED)
    (error,) = results.stored_result(services, result.id).errors
    assert error.exception_class_path == "dj_queue.exceptions.JobDiscarded"


@pytest.mark.parametrize("nonsense", ["", "no", "0" * 31, 7, None, b"\0", [], "☃" * 32], ids=repr)
def test_nonsense_names_no_result(services, nonsense):
    with pytest.raises(TaskResultDoesNotExist):
        results.stored_result(services, nonsense)


def test_a_result_of_another_backend_alias_does_not_exist(services, on, jobs):
    result = on(tasks.add).enqueue(1, 2)
    jobs.update(backend_alias="another")
    for result_id in (result.id, uuid4()):
        with pytest.raises(TaskResultDoesNotExist):
            results.stored_result(services, result_id)


SHAPES = [{"a": 1}, [1], 5, "text", None, True, [None, [], {"class": 5}, {"worker": ["x"]}, {}]]


@pytest.mark.parametrize("shape", SHAPES, ids=repr)
def test_json_of_another_shape_is_shown_as_far_as_it_means_something(services, on, jobs, shape):
    result = on(tasks.add).enqueue(1, 2)
    for status in Status:
        jobs.update(status=status, errors=shape, args=shape or [], kwargs=shape or {}, return_value=shape)
        shown = results.stored_result(services, result.id)
        assert shown.status == EXPECTED[status]
        assert all(isinstance(error.traceback, str) for error in shown.errors)
        assert all(isinstance(worker, str) for worker in shown.worker_ids)


def test_a_status_and_counts_nobody_knows_are_shown_as_failed(services, on, jobs):
    result = on(tasks.add).enqueue(1, 2)
    with connections[services.database.alias].cursor() as cursor:
        cursor.execute("UPDATE dj_queue_job SET status = 'exploded', attempts = -5, lost = -1")
    shown = results.stored_result(services, result.id)
    assert (shown.status, shown.attempts) == ("FAILED", 0)
    assert on(tasks.add).get_backend().get_result(result.id).status == "FAILED"


@pytest.mark.fault(58)
def test_negative_attempts_do_not_keep_a_job_from_running(services, on, jobs, take):
    on(tasks.add).enqueue(1, 2)
    jobs.update(attempts=-5, lost=-1)
    (job,) = take()
    assert job.attempt == -4
    assert finish(services, [success(job)]).recorded == {job.id}


def test_claimed_jobs_with_errors_of_another_shape_have_a_result(services, on, jobs, take):
    on(tasks.add).enqueue(1, 2)
    for shape in SHAPES:
        jobs.update(errors=shape)
        (job,) = take()
        result = results.result_of_claimed(job, on(tasks.add), services.alias, datetime.now(UTC))
        assert (result.status, result.worker_ids[-1]) == ("RUNNING", str(job.process_id))
        jobs.update(status=Status.READY, process_id=None)


MALICIOUS = [
    "os.system",
    "antigravity.fly",
    "this.s",
    "subprocess.Popen",
    "concurrent.futures.ProcessPoolExecutor",
    "tests.project.manage.main",
    "dj_queue.no_such_module.task",
    "..",
    "",
    "no_dots",
    "a." * 127 + "b",
    "builtins.exec",
    "__main__.main",
    "tests.project.tasks.add.func",
    "tests.project.tasks.__builtins__",
    "/etc/passwd.x",
    "os\n.system",
]


@pytest.mark.fault(58)
def test_reading_rows_with_malicious_paths_imports_nothing(services, on, jobs):
    results_by_path = {path: on(tasks.add).enqueue(1, 2) for path in MALICIOUS}
    for path, result in results_by_path.items():
        jobs.filter(id=result.id).update(
            task_path=path, errors=[{"class": "antigravity.Error", "traceback": "no", "worker": "w"}]
        )
    for name in ("antigravity", "this", "concurrent.futures.process"):
        sys.modules.pop(name, None)
    before = set(sys.modules)
    for path, result in results_by_path.items():
        shown = results.stored_result(services, result.id)
        assert shown.task.module_path == path or path in ("", "no_dots", "..")
        assert shown.errors[0].exception_class_path == "antigravity.Error"
    assert set(sys.modules) - before == set()


def test_a_path_of_ten_thousand_characters_is_refused_or_shown(services, on, jobs):
    result = on(tasks.add).enqueue(1, 2)
    path = "os." * 3333 + "system"
    try:
        with connections[services.database.alias].cursor() as cursor:
            cursor.execute("UPDATE dj_queue_job SET task_path = %s", [path])
    except Exception as error:
        assert "too long" in str(error).lower()
        return
    assert results.stored_result(services, result.id).task.module_path == path
