"""Pauses between tries, and how much is said about them."""

from dataclasses import replace

import pytest
from django.db import OperationalError

from dj_queue.plugins.broadcasts import Broadcasts
from dj_queue.runtime.backoff import FIRST_PAUSE, LONGEST_PAUSE, Backoff
from tests.runtime.where import only_on_one

pytestmark = only_on_one("default")
WHERE = "some.loop"


@pytest.fixture
def told():
    return []


@pytest.fixture
def backoff(services, told):
    return Backoff(replace(services, broadcasts=Broadcasts(_on_thread_error=told.append)), WHERE)


def test_pauses_grow_with_jitter_up_to_the_longest(backoff):
    pauses = [backoff.failed(ValueError()) for _ in range(30)]
    assert FIRST_PAUSE / 2 <= pauses[0] <= FIRST_PAUSE
    assert max(pauses) <= LONGEST_PAUSE
    assert all(pause >= LONGEST_PAUSE / 2 for pause in pauses[-10:])
    assert len(set(pauses[-10:])) > 1


def test_success_starts_over_and_is_told_once(backoff, caplog):
    caplog.set_level("INFO")
    for _ in range(10):
        backoff.failed(ValueError())
    backoff.succeeded()
    backoff.succeeded()
    assert caplog.text.count(f"{WHERE} works again after 10 failures") == 1
    assert backoff.failed(ValueError()) <= FIRST_PAUSE


def test_failures_in_a_row_are_one_line_and_one_report(backoff, told, caplog):
    errors = [ValueError(str(number)) for number in range(5)]
    for error in errors:
        backoff.failed(error)
    assert [record.getMessage() for record in caplog.records] == [
        f"{WHERE} failed and will be tried again: 0"
    ]
    assert told == errors[:1]


def test_what_an_operator_mends_is_one_line_and_a_mistake_in_code_has_its_traceback(services, caplog):
    Backoff(services, WHERE).failed(OperationalError("database or disk is full"))
    Backoff(services, WHERE).failed(ValueError("a mistake"))
    assert [bool(record.exc_info) for record in caplog.records] == [False, True]
