"""Outcomes on their way into the database."""

import threading
from dataclasses import replace
from uuid import uuid4

import pytest
from django.db import OperationalError

from dj_queue.contract import Selector
from dj_queue.operations.claim import claim
from dj_queue.runtime import outcomes
from dj_queue.runtime import recorder as recorder_module
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.recorder import GROUP, Recorder
from tests.project import tasks
from tests.runtime.where import only_on_one

LONG = 30
EVERY = (Selector("", is_prefix=True),)


class Settled:
    """What the recorder said of the attempts it wrote."""

    def __init__(self):
        self.recorded = []
        self.fenced = []
        self.groups = []

    def __call__(self, recorded, fenced):
        self.recorded += recorded
        self.fenced += fenced
        self.groups.append(len(recorded) + len(fenced))


@pytest.fixture
def settled():
    return Settled()


@pytest.fixture
def attempts(on, services):
    """`attempts(count)`: claimed and started here."""

    def make(count):
        for number in range(count):
            on(tasks.add).enqueue(number, 1)
        claimed = [Attempt(job, services.alias) for job in claim(services, EVERY, count, uuid4())]
        for attempt in claimed:
            attempt.begin()
        return claimed

    return make


@pytest.fixture
def recorder(services, settled):
    """`recorder(services)` is a running one; it is closed at the end."""
    running = []

    def start(services=services):
        recorder = Recorder(services, lambda: False, settled)
        recorder.start()
        running.append(recorder)
        return recorder

    yield start
    for recorder in running:
        recorder.close(LONG)


def succeed(attempt, text="1"):
    attempt.outcome = outcomes.of_value(attempt, text)
    return attempt


def flaky(services, *errors):
    """These services, with a database that answers the first writes of outcomes with these errors."""
    left = list(errors)

    class Flaky(type(services.dialect)):
        def finish(self, outcomes):
            if left:
                raise left.pop(0)
            return super().finish(outcomes)

    return replace(services, dialect=Flaky(services.database))


def test_outcomes_are_written_in_groups_and_told_of_once(recorder, attempts, settled, jobs):
    claimed = attempts(GROUP + 10)
    writing = recorder()
    for attempt in claimed:
        writing.add(succeed(attempt))
    assert writing.close(LONG)
    assert writing.is_idle()
    assert jobs.filter(status="successful").count() == len(claimed)
    assert sorted(a.job.id for a in settled.recorded) == sorted(a.job.id for a in claimed)
    assert max(settled.groups) <= GROUP


def test_what_one_group_leaves_over_is_written_while_a_long_job_runs(
    services, attempts, settled, monkeypatch, wait_until
):
    monkeypatch.setattr(recorder_module, "MARK_AFTER", LONG * 10)
    recorder = Recorder(services, lambda: True, settled)
    for attempt in attempts(GROUP + 3):
        recorder.add(succeed(attempt))
    recorder.start()
    wait_until(recorder.is_idle, LONG)
    recorder.close(LONG)
    assert settled.groups == [GROUP, 3]


def test_an_outcome_that_comes_too_late_is_told_of_and_changes_nothing(
    recorder, attempts, settled, jobs, caplog
):
    (attempt,) = attempts(1)
    jobs.update(status="ready", process_id=None)
    writing = recorder()
    writing.add(succeed(attempt))
    assert writing.close(LONG)
    assert (settled.recorded, settled.fenced) == ([], [attempt])
    assert jobs.get().status == "ready"
    assert "came too late" in caplog.text


@pytest.mark.fault(12)
def test_an_outcome_that_the_database_refuses_is_recorded_as_that_and_the_others_stand(
    recorder, attempts, settled, jobs
):
    claimed = attempts(7)
    writing = recorder()
    for number, attempt in enumerate(claimed):
        writing.add(succeed(attempt, '{"no": JSON' if number == 3 else "1"))
    assert writing.close(LONG)
    assert jobs.filter(status="successful").count() == 6
    failed = jobs.get(status="failed")
    assert failed.id == claimed[3].job.id
    assert len(failed.errors) == 1
    assert len(settled.recorded) == 7
    assert settled.fenced == []


@only_on_one("default")
@pytest.mark.parametrize("error", [OperationalError("the disk is full"), OperationalError("gone away")])
def test_what_may_pass_is_waited_for_and_nothing_is_lost(
    services, recorder, attempts, settled, jobs, wait_until, error
):
    claimed = attempts(5)
    writing = recorder(flaky(services, error, error))
    for attempt in claimed:
        writing.add(succeed(attempt))
    wait_until(writing.is_idle)
    assert jobs.filter(status="successful").count() == 5
    assert settled.fenced == []


@only_on_one("default")
def test_it_goes_on_after_whatever_is_raised_around_it(services, attempts, jobs, wait_until):
    left = [SystemExit("a hook")]

    def on_settled(recorded, fenced):
        if left:
            raise left.pop()

    writing = Recorder(services, lambda: False, on_settled)
    writing.start()
    first, second = attempts(2)
    writing.add(succeed(first))
    wait_until(lambda: not left)
    writing.add(succeed(second))
    wait_until(lambda: jobs.filter(status="successful").count() == 2)
    assert writing.close(LONG)


@only_on_one("default")
def test_it_can_be_closed_during_an_outage_and_says_that_something_is_left(
    services, recorder, attempts, jobs
):
    writing = recorder(flaky(services, *[OperationalError("gone away")] * 60))
    (attempt,) = attempts(1)
    writing.add(succeed(attempt))
    assert not writing.close(0.1)
    assert jobs.get().status == "claimed"


def test_a_long_attempt_is_marked_as_started(recorder, attempts, jobs, wait_until):
    long, short = attempts(2)
    long.began -= 10
    writing = recorder()
    writing.watch(long)
    writing.watch(short)
    wait_until(lambda: jobs.get(id=long.job.id).last_attempted_at)
    # Noted here after it was written there.
    wait_until(lambda: long.is_marked)
    writing.add(succeed(long))
    writing.add(succeed(short))


def test_many_threads_add_at_once(recorder, attempts, jobs):
    claimed = attempts(80)
    writing = recorder()

    def add(part):
        for attempt in part:
            writing.add(succeed(attempt))

    threads = [threading.Thread(target=add, args=(claimed[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert writing.close(LONG)
    assert jobs.filter(status="successful").count() == 80
