"""What is logged of attempts that failed: why there is another, and the last error from the task's own first line."""

import logging
import re
import traceback

import pytest
from django.tasks import task

from dj_queue.api import retry, sensitive
from dj_queue.operations.redaction import HIDDEN
from tests.project import tasks

SECRET = "hunter2 hunter2"


@retry(max_attempts=2, backoff=30, jitter=0)
@sensitive("secret")
@task
def refuse(user, secret):
    raise ValueError(f"no user {user}\nwith {secret}")


@pytest.fixture
def told(caplog):
    """What the worker's logger said."""
    return lambda: [record for record in caplog.records if record.name == "dj_queue.worker"]


def test_an_attempt_that_is_repeated_is_a_line_that_says_why(on, run_jobs, jobs, told):
    result = on(refuse).enqueue("ada", SECRET)
    run_jobs()
    assert jobs.get().status == "scheduled"
    (record,) = told()
    assert record.levelno == logging.WARNING
    assert record.exc_info is None
    assert record.getMessage() == (
        f"attempt 1 of job {result.id}, {refuse.module_path}, failed and is repeated in 30.0 s: "
        f"ValueError: no user ada with {HIDDEN}"
    )


def test_the_last_attempt_is_not_called_repeated(on, run_jobs, jobs, told, caplog):
    on(refuse).enqueue("ada", SECRET)
    run_jobs()
    jobs.update(status="ready")
    run_jobs()
    assert jobs.get().status == "failed"
    assert len(told()) == 1
    assert re.findall("state=FAILED", caplog.text) == ["state=FAILED"]


@task
async def afail():
    raise ValueError("on the loop")


@pytest.mark.parametrize(
    ("failing", "args", "first"),
    [
        (tasks.fail, ["no"], "fail"),
        (afail, [], "afail"),
        (tasks.add, [1], "run"),
    ],
    ids=["def", "async def", "wrong arguments"],
)
def test_stored_and_logged_tracebacks_begin_with_the_tasks_first_frame(
    on, run_jobs, jobs, caplog, failing, args, first
):
    on(failing).enqueue(*args)
    run_jobs()
    (stored,) = jobs.get().errors
    (logged,) = [record for record in caplog.records if record.exc_info]
    frames = traceback.extract_tb(logged.exc_info[2])
    assert frames[0].name == first
    assert stored["traceback"] == "".join(traceback.format_exception(logged.exc_info[1]))


def test_the_error_that_stands_for_one_with_a_secret_has_no_frames_of_its_own(on, run_jobs, jobs, caplog):
    on(tasks.refuse_secret).enqueue("ada", SECRET, {"token": "t"})
    run_jobs()
    (logged,) = [record for record in caplog.records if record.exc_info]
    assert traceback.extract_tb(logged.exc_info[2]) == []
    assert jobs.get().errors[0]["traceback"].splitlines()[1].endswith("in refuse_secret")
