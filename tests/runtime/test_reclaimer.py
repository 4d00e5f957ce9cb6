"""Workers have the database free what ended jobs left behind, and nothing that goes wrong with it harms them."""

import logging
import threading
from dataclasses import replace

import pytest
from django.db import OperationalError

from dj_queue.portable import PortableDialect
from dj_queue.runtime.reclaimer import EVERY, Reclaimer
from tests.runtime.where import only_on_one

LONG = 30
pytestmark = only_on_one()


class Reclaiming(PortableDialect):
    """Does as it is told, and tells where and for how many jobs."""

    def __init__(self, database, error=None):
        super().__init__(database)
        self.error = error
        self.told = []
        self.began, self.may_end = threading.Event(), threading.Event()

    def reclaim(self, ended):
        self.told.append((ended, threading.current_thread().name))
        self.began.set()
        assert self.may_end.wait(LONG)
        if self.error:
            raise self.error


@pytest.fixture
def reclaiming(services):
    """`reclaiming(error)` is a dialect and the reclaimer that asks it."""
    made = []

    def make(error=None):
        dialect = Reclaiming(services.database, error)
        made.append((dialect, Reclaimer(replace(services, dialect=dialect))))
        return made[-1]

    yield make
    for dialect, reclaimer in made:
        dialect.may_end.set()
        reclaimer.close(LONG)


def test_the_database_is_asked_once_for_some_thousands_in_a_thread_of_its_own(reclaiming):
    dialect, reclaimer = reclaiming()
    for _ in range(EVERY // 100 - 1):
        reclaimer.ended(100)
    assert dialect.told == []
    reclaimer.ended(100)
    assert dialect.began.wait(LONG)
    assert dialect.told == [(EVERY, "dj_queue-reclaimer")]


def test_what_ends_while_the_database_is_at_it_counts_for_the_next_time(reclaiming):
    dialect, reclaimer = reclaiming()
    reclaimer.ended(EVERY)
    assert dialect.began.wait(LONG)
    reclaimer.ended(EVERY)
    reclaimer.ended(1)
    assert len(dialect.told) == 1
    dialect.may_end.set()
    reclaimer.close(LONG)
    reclaimer.ended(1)
    reclaimer.close(LONG)
    assert [ended for ended, _ in dialect.told] == [EVERY, EVERY + 2]


def test_an_error_is_logged_and_the_database_is_asked_again(reclaiming, caplog):
    caplog.set_level(logging.INFO, "dj_queue.reclaimer")
    dialect, reclaimer = reclaiming(OperationalError("canceling statement due to statement timeout"))
    dialect.may_end.set()
    for _ in range(2):
        reclaimer.ended(EVERY)
        reclaimer.close(LONG)
    assert len(dialect.told) == 2
    assert [record.levelno for record in caplog.records] == [logging.INFO] * 2
    assert "statement timeout" in caplog.text


def test_the_end_does_not_wait_longer_than_it_is_told(reclaiming):
    dialect, reclaimer = reclaiming()
    reclaimer.ended(EVERY)
    assert dialect.began.wait(LONG)
    reclaimer.close(0.01)
    assert len(dialect.told) == 1
    assert not dialect.may_end.is_set()
