"""Jobs on their last chance after crashes have a worker to themselves."""

import time
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dj_queue.contract import ClaimedJob
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.suspects import LONGEST_WAIT, Suspects

JOB = ClaimedJob(
    id=uuid4(),
    attempt=1,
    process_id=uuid4(),
    queue_name="default",
    priority=0,
    task_path="tests.project.tasks.add",
    args=[],
    kwargs={},
    enqueued_at=datetime(2026, 1, 1, tzinfo=UTC),
    run_after=None,
    started_at=None,
    errors=[],
    lost=2,
    on_crash="retry",
    concurrency_hash=None,
)


@pytest.fixture
def suspects():
    return Suspects(max_lost_attempts=3)


def held(suspects, count=1):
    attempts = [Attempt(JOB._replace(id=uuid4()), "default") for _ in range(count)]
    for attempt in attempts:
        suspects.hold(attempt)
    return attempts


@pytest.mark.parametrize(
    ("lost", "most", "is_suspect"), [(0, 3, False), (1, 3, False), (2, 3, True), (0, 1, False)]
)
def test_only_the_next_crash_would_fail_a_suspect(lost, most, is_suspect):
    assert Suspects(most).suspects(JOB._replace(lost=lost)) is is_suspect


def test_one_runs_once_the_worker_is_empty_and_the_next_when_it_has_ended(suspects):
    first, second = held(suspects, 2)
    assert suspects.next(is_alone=False) is None
    assert suspects.next(is_alone=True) is first
    assert suspects.next(is_alone=True) is None
    assert suspects
    first.outcome = object()
    assert suspects.next(is_alone=True) is second
    second.outcome = object()
    assert not suspects


def test_one_that_waited_long_runs_beside_the_others(suspects):
    (attempt,) = held(suspects)
    attempt.claimed_at = time.monotonic() - LONGEST_WAIT - 1
    assert suspects.next(is_alone=False) is attempt


def test_those_that_wait_are_known_and_can_be_taken_back(suspects):
    attempts = held(suspects, 3)
    assert suspects.ids() == {attempt.job.id for attempt in attempts}
    assert suspects.take_back() == attempts
    assert not suspects
    assert suspects.ids() == set()
