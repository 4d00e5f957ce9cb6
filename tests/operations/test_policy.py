"""Policy: the options of a task, as its jobs feel them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.config.options import Options
from dj_queue.contract import Concurrency
from dj_queue.exceptions import DispatchPolicyError
from dj_queue.operations import policy
from dj_queue.operations.policy import LONGEST_DELAY, RetryPolicy
from tests.project import tasks


@pytest.fixture
def option(monkeypatch):
    """`option(**attributes)` sets them on the task's function for this test."""

    def set_all(**attributes):
        for name, value in attributes.items():
            monkeypatch.setattr(tasks.per_account.func, name, value, raising=False)
        return tasks.per_account

    return set_all


def concurrency(task, *args, **kwargs):
    return policy.concurrency_of(task, args, kwargs, "default", Options())


def test_a_task_without_a_key_has_no_concurrency():
    assert not policy.has_concurrency_key(tasks.add)
    assert concurrency(tasks.add, 1, 2) is None


def test_a_template_is_filled_from_arguments_however_they_are_passed():
    for args, kwargs in ((("a",), {}), ((), {"account": "a"}), (("a", None), {"seconds": 1.0})):
        key = concurrency(tasks.per_account, *args, **kwargs)
        assert key == Concurrency("account:a", policy.hash_key("default", "account:a"), 1, 180.0, "block")


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{path}", "None"),
        ("{account[name]}", "n"),
        ("fixed", "fixed"),
        ("", ""),
        ("{{}}", "{}"),
        (lambda account, **rest: f"é{account['name']}", "én"),
    ],
)
def test_keys_are_made_as_the_task_says(option, template, key):
    assert concurrency(option(concurrency_key=template), {"name": "n"}).key == key


def test_a_context_is_no_argument_of_a_key(monkeypatch):
    monkeypatch.setattr(tasks.attempt_number.func, "concurrency_key", "one", raising=False)
    assert concurrency(tasks.attempt_number).key == "one"


def test_a_key_is_one_per_backend_alias_and_hashed_whole():
    assert policy.hash_key("a", "b") != policy.hash_key("ab", "")
    assert policy.hash_key("a", "k" * 10_000) != policy.hash_key("a", "k" * 9_999)
    assert len(policy.hash_key("a", "é")) == 64


@pytest.mark.parametrize(
    "attributes",
    [
        {"concurrency_limit": 0},
        {"concurrency_limit": -1},
        {"concurrency_limit": 1.0},
        {"concurrency_limit": True},
        {"concurrency_limit": 2**31},
        {"concurrency_duration": 0},
        {"concurrency_duration": math.inf},
        {"concurrency_duration": math.nan},
        {"concurrency_duration": "1"},
        {"concurrency_duration": 1e12},
        {"on_conflict": "wait"},
        {"concurrency_key": lambda *args: 5},
        {"concurrency_key": lambda *args: "\ud800"},
        {"concurrency_key": lambda *args: "x" * 10_001},
        {"concurrency_key": "{nothing}"},
        {"concurrency_key": "{"},
    ],
)
def test_options_that_mean_nothing_are_refused_by_their_names(option, attributes):
    (name,) = attributes
    with pytest.raises(DispatchPolicyError, match=name):
        concurrency(option(**attributes), "a")


def test_arguments_that_do_not_fit_the_task_give_no_key():
    with pytest.raises(DispatchPolicyError, match="concurrency_key"):
        concurrency(tasks.per_account)


def test_on_crash_is_retry_unless_the_task_says_fail(option):
    assert policy.on_crash(tasks.add) == "retry"
    assert policy.on_crash(tasks.vanish_once) == "fail"
    with pytest.raises(DispatchPolicyError, match="on_crash"):
        policy.on_crash(option(on_crash="explode"))


def test_a_task_without_retries_has_no_policy():
    assert policy.retry_policy(tasks.add) is None
    assert policy.retry_policy(tasks.third_time).max_attempts == 3


@pytest.mark.parametrize(
    ("error", "attempt", "is_retried"),
    [
        (ValueError(), 1, True),
        (ValueError(), 2, True),
        (ValueError(), 3, False),
        (ValueError(), 99, False),
        (KeyError(), 1, False),
        (SystemExit(), 1, False),
        (UnicodeError(), 1, False),
    ],
    ids=repr,
)
def test_attempts_and_the_kind_of_error_decide_about_another(error, attempt, is_retried):
    retry = RetryPolicy(3, on=(ValueError,), give_up_on=(UnicodeError,))
    assert (retry.delay_after(error, attempt) is not None) is is_retried


def test_the_delay_doubles_up_to_an_hour():
    retry = RetryPolicy(2000, backoff=2.0, jitter=0.0)
    delays = [retry.delay_after(ValueError(), attempt) for attempt in (1, 2, 3, 11, 12, 1999)]
    assert delays == [2.0, 4.0, 8.0, 2048.0, LONGEST_DELAY, LONGEST_DELAY]


def test_a_callable_gives_the_delay_of_each_attempt():
    retry = RetryPolicy(5, backoff=lambda attempt: attempt * 10, jitter=0.0)
    assert [retry.delay_after(ValueError(), attempt) for attempt in (1, 2, 3)] == [10.0, 20.0, 30.0]


@given(
    backoff=st.floats(),
    jitter=st.floats(0, 1),
    attempt=st.integers(1, 10_000),
)
def test_a_delay_is_never_negative_nor_much_above_an_hour(backoff, jitter, attempt):
    for given_as in (backoff, lambda _: backoff, lambda _: -backoff):
        delay = RetryPolicy(10_001, given_as, jitter).delay_after(ValueError(), attempt)
        assert 0.0 <= delay <= LONGEST_DELAY * (1 + jitter)


def test_a_delay_without_end_is_an_hour_not_none():
    assert RetryPolicy(2, math.inf, 0.5).delay_after(ValueError(), 1) >= LONGEST_DELAY / 2
