"""A signal is worth its result where somebody receives it, or where Django logs it."""

import logging

import pytest
from django.tasks.signals import log_task_started, task_started

from dj_queue.operations.task_signals import LOG_OF_DJANGO, is_heard, is_only_logged


@pytest.fixture
def level_of_the_log():
    """`level_of_the_log(level)`: what Django's log of tasks takes."""
    before = LOG_OF_DJANGO.level
    yield LOG_OF_DJANGO.setLevel
    LOG_OF_DJANGO.setLevel(before)


@pytest.fixture
def connect():
    """`connect(receiver)` has it receive `task_started`."""
    connected = []

    def receive(receiver):
        task_started.connect(receiver, weak=False)
        connected.append(receiver)

    yield receive
    for receiver in connected:
        task_started.disconnect(receiver)


@pytest.fixture
def without_django():
    """Django's own receiver does not listen."""
    task_started.disconnect(log_task_started)
    yield
    task_started.connect(log_task_started)


def receiver(**_facts):
    """Of a project."""


def test_a_log_that_drops_its_line_does_not_hear_it(level_of_the_log):
    level_of_the_log(logging.WARNING)
    assert not is_heard(task_started, logging.INFO)
    assert is_heard(task_started, logging.ERROR)


def test_a_log_that_takes_its_line_hears_it(level_of_the_log):
    level_of_the_log(logging.INFO)
    assert is_heard(task_started, logging.INFO)


def test_a_receiver_hears_it_whatever_is_logged(level_of_the_log, connect):
    level_of_the_log(logging.WARNING)
    connect(receiver)
    assert is_heard(task_started, logging.INFO)
    assert not is_only_logged(task_started)


def test_a_receiver_in_the_place_of_djangos_hears_it(level_of_the_log, connect, without_django):
    level_of_the_log(logging.WARNING)
    connect(receiver)
    assert is_heard(task_started, logging.INFO)


def test_nobody_hears_nothing(level_of_the_log, without_django):
    level_of_the_log(logging.WARNING)
    assert not is_heard(task_started, logging.INFO)
