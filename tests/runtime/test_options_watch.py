"""Asking the sources of options again: what is new, each once; who hangs or fails changes nothing."""

import threading
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import override_settings

from dj_queue.contract import ConfigLayer, ConfigSourceError, hookimpl
from dj_queue.operations.processes import describe_process
from dj_queue.runtime.supervisor import options_watch
from dj_queue.runtime.supervisor.options_watch import OptionsWatch
from dj_queue.services import adopt, read_again, reset, services_for

GOOD_TIME = 90
HERE = __name__


class Source:
    """A source that says what the test wants, or waits, or raises."""

    def __init__(self):
        self.values, self.error = {}, None
        self.may_answer = threading.Event()

    @hookimpl
    def dj_queue_config_source(self):
        assert self.may_answer.wait(GOOD_TIME)
        if self.error is not None:
            raise self.error
        return ConfigLayer("changes", 20, self.values, "changes", ask_again_after=0.001)


source = Source()


@pytest.fixture
def services():
    """Services of an alias whose options the source gives."""
    source.__init__()
    source.may_answer.set()
    params = {"BACKEND": "dj_queue.backend.DjQueueBackend", "OPTIONS": {"plugins": [f"{HERE}.source"]}}
    with override_settings(TASKS={**settings.TASKS, "q": params}):
        yield services_for("q")
    reset()


@pytest.fixture
def answered():
    return threading.Event()


@pytest.fixture
def look(services, answered):
    """`look()`: what comes of asking once."""
    watch = OptionsWatch(services, describe_process(services, "supervisor", uuid4()), answered.set)

    def once():
        answered.clear()
        found = None
        while not (answered.is_set() and watch._asking is None):
            found = watch.look(services) or found
        return found

    once.watch = watch
    return once


def test_only_what_changed_comes_back(look):
    assert look() is None
    source.values = {"shutdown_timeout": 9}
    assert look().changed == ["shutdown_timeout"]


def test_a_source_that_fails_is_told_once_until_it_fails_in_another_way(look, caplog):
    source.error = ConfigSourceError("it is away")
    assert [look() for _ in range(3)] == [None] * 3
    source.error = ValueError("it is broken")
    look()
    told = [record.message for record in caplog.records if record.name == "dj_queue.supervisor"]
    assert [text.partition(": ")[2][:13] for text in told] == ["it is away", 'plugin "tests']


def test_options_that_wait_for_a_start_are_told_once(look, caplog):
    source.values = {"mode": "async", "plugin_options": {"acme": {}}}
    assert [look() for _ in range(3)] == [None] * 3
    told = [record.message for record in caplog.records if record.name == "dj_queue.supervisor"]
    assert told == ["changed, and will count from the next start on: mode, plugin_options"]


def test_a_fork_waits_for_a_source_and_not_for_ever(look, services, monkeypatch):
    source.may_answer.clear()
    while not look.watch.is_asking():
        look.watch.look(services)
    monkeypatch.setattr(options_watch, "PATIENCE", 0.0)
    assert not look.watch.is_asking()
    assert look.watch.look(services) is None
    source.may_answer.set()


def test_where_no_source_wants_it_nobody_is_asked(monkeypatch):
    def refuse(services):
        raise AssertionError("asked")

    monkeypatch.setattr(options_watch, "read_again", refuse)
    services = services_for("default")
    watch = OptionsWatch(services, describe_process(services, "supervisor", uuid4()), print)
    assert watch.look(services) is None
    assert not watch.is_asking()


def test_what_is_adopted_serves_the_alias_unless_its_settings_have_changed_meanwhile(services):
    source.values = {"shutdown_timeout": 9}
    reread = read_again(services)
    adopted = adopt(services, reread)
    assert services_for("q") is adopted
    assert (adopted.options.shutdown_timeout, adopted.dialect) == (9, services.dialect)
    reset()
    newer = services_for("q")
    adopt(adopted, reread)
    assert services_for("q") is newer
