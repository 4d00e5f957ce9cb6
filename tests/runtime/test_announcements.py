"""What is logged of attempts that failed: why there is another, and the last error from the task's own first line."""

import logging
import re

import pytest
from django.tasks import task

from dj_queue.api import retry, sensitive
from dj_queue.operations.redaction import HIDDEN

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
