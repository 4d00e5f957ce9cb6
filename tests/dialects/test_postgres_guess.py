"""When a worker on all queues guesses where its next jobs are."""

import pytest

pytest.importorskip("psycopg")

from dj_queue_postgres import only_queue
from dj_queue_postgres.only_queue import OnlyQueue

ROW = (None, 1, "email")


@pytest.fixture
def clock(monkeypatch):
    """`clock.now`, in seconds, is what the guess takes the time for."""

    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    made = Clock()
    monkeypatch.setattr(only_queue, "time", made)
    return made


def test_nothing_is_guessed_of_several_queues():
    guess = OnlyQueue()
    guess.found([ROW])
    assert guess.name() == "email"
    guess.found([ROW, (None, 1, "reports")])
    assert guess.name() is None


def test_nothing_is_guessed_after_a_while_without_jobs(clock):
    guess = OnlyQueue()
    guess.found([ROW])
    guess.found([])
    clock.now += only_queue.LASTS + 1
    assert guess.name() is None


def test_nothing_is_guessed_for_a_while_after_a_mistake(clock):
    guess = OnlyQueue()
    guess.found([ROW])
    guess.was_wrong()
    guess.found([ROW])
    assert guess.name() is None
    clock.now += only_queue.AFTER_A_MISTAKE + 1
    guess.found([ROW])
    assert guess.name() == "email"
