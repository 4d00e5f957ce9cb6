"""Assertions about what a test enqueued, and the words they fail with."""

from datetime import timedelta

import pytest

from dj_queue.testing import assert_enqueued, assert_not_enqueued
from tests.project import tasks


def test_a_call_is_found_however_its_arguments_were_passed(on):
    result = on(tasks.add).enqueue(1, b=2)
    for arguments in ({"args": [1, 2]}, {"kwargs": {"a": 1, "b": 2}}, {"args": (1,), "kwargs": {"b": 2}}, {}):
        assert assert_enqueued(on(tasks.add), **arguments).id == result.id


def test_tuples_and_defaults_are_compared_as_they_are_stored(on):
    on(tasks.per_account).enqueue(("a", "b"))
    assert_enqueued(on(tasks.per_account), args=[["a", "b"]])
    assert_enqueued(on(tasks.per_account), args=[("a", "b"), None, 0.0])


def test_the_newest_of_several_is_given(on):
    on(tasks.add).enqueue(1, 2)
    second = on(tasks.add).enqueue(1, 2)
    assert assert_enqueued(on(tasks.add)).id == second.id


def test_jobs_that_ran_were_enqueued(on, run_jobs):
    result = on(tasks.add).enqueue(1, 2)
    run_jobs()
    assert assert_enqueued(on(tasks.add), args=[1, 2]).return_value == 3
    assert assert_enqueued(on(tasks.add)).id == result.id


def test_queue_priority_and_moment_are_told_apart(on, services):
    moment = services.dialect.now() + timedelta(hours=1)
    on(tasks.add, queue_name="reports", priority=3, run_after=moment).enqueue(1, 2)
    assert_enqueued(on(tasks.add), queue_name="reports", priority=3, run_after=moment)
    for wrong in ({"queue_name": "default"}, {"priority": 0}, {"run_after": None}):
        assert_not_enqueued(on(tasks.add), **wrong)
        with pytest.raises(AssertionError, match=r"no job tests\.project\.tasks\.add"):
            assert_enqueued(on(tasks.add), **wrong)


def test_a_failure_says_what_there_is_instead(on):
    with pytest.raises(AssertionError, match="the queue has no jobs at all"):
        assert_enqueued(on(tasks.add))
    on(tasks.nap).enqueue(1)
    with pytest.raises(AssertionError, match=r"there are jobs of tests\.project\.tasks\.nap"):
        assert_enqueued(on(tasks.add), args=[1, 2])
    on(tasks.add).enqueue(3, b=4)
    with pytest.raises(
        AssertionError, match=r"no job tests.project.tasks.add\(a=1, b=2\), queue_name='x' was enqueued"
    ) as told:
        assert_enqueued(on(tasks.add), args=[1, 2], queue_name="x")
    assert "tests.project.tasks.add(3, b=4), queue_name='default'" in str(told.value)


def test_a_failure_shows_nothing_sensitive(on):
    on(tasks.refuse_secret).enqueue("ada", "hunter2", {"token": "t0k3n"})
    with pytest.raises(AssertionError) as told:
        assert_enqueued(on(tasks.refuse_secret), queue_name="x")
    assert "ada" in str(told.value)
    assert "hunter2" not in str(told.value)
    assert "t0k3n" not in str(told.value)


def test_what_should_not_be_enqueued_is_told(on):
    on(tasks.add).enqueue(1, 2)
    assert_not_enqueued(on(tasks.add), args=[2, 1])
    assert_not_enqueued(on(tasks.nap))
    with pytest.raises(AssertionError, match=r"should not be: tests.project.tasks.add\(1, 2\)"):
        assert_not_enqueued(on(tasks.add), args=[1, 2])


def test_a_call_that_will_fail_was_enqueued_all_the_same(on):
    on(tasks.add).enqueue(1, 2, 3)
    assert_enqueued(on(tasks.add), args=[1, 2, 3])
    assert_not_enqueued(on(tasks.add), args=[1, 2])
