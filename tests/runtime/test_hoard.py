"""What waits too long in a worker goes back to others; what waits a little stays."""

import time
from uuid import uuid4

import pytest

from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.hoard import HOARD_AFTER, Hoard
from dj_queue.runtime.thread_pool import ThreadPool
from tests.runtime.test_suspects import JOB


@pytest.fixture
def pool():
    """A pool that runs nothing: its threads are not started."""
    return ThreadPool(1, None, None, None)


def waiting_since(seconds_ago):
    return Attempt(JOB._replace(id=uuid4()), "default", time.monotonic() - seconds_ago)


def test_what_waits_too_long_is_taken_out_and_the_rest_keeps_its_order(pool):
    fresh = [waiting_since(0), waiting_since(0)]
    overdue = [waiting_since(HOARD_AFTER + 1), waiting_since(HOARD_AFTER + 2)]
    for attempt in (overdue[0], fresh[0], overdue[1], fresh[1]):
        pool.submit(attempt)
    assert Hoard(pool).overdue() == overdue
    assert pool.take_back() == fresh


def test_looks_are_apart_as_each_goes_through_all(pool):
    hoard = Hoard(pool)
    assert hoard.overdue() == []
    pool.submit(waiting_since(HOARD_AFTER + 1))
    assert hoard.overdue() == []
    hoard._next_look = 0.0
    assert len(hoard.overdue()) == 1


def test_no_nap_is_longer_than_what_waits_may_wait(pool):
    hoard = Hoard(pool)
    assert hoard.nap(30.0) == 30.0
    pool.submit(waiting_since(0))
    assert hoard.nap(30.0) == HOARD_AFTER
    assert hoard.nap(0.02) == 0.02
