"""A hook that does not return is named while it still runs, once."""

import logging
import threading

import pytest

from dj_queue.contract import Event, hookimpl
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.loading import load_object
from dj_queue.plugins.overdue import CallsUnderWay

GOOD_TIME = 120
AT_ONCE = 0.0
EVENT = Event("claim", "default", 0.01, 3)


class Waits:
    """A plugin whose hook returns when it is let go."""

    def __init__(self):
        self.is_in = threading.Event()
        self.may_go = threading.Event()

    @hookimpl
    def dj_queue_event(self, event):
        self.is_in.set()
        self.may_go.wait(GOOD_TIME)


@pytest.fixture
def waiting():
    """A host in the middle of a call of a plugin that waits."""
    plugin = Waits()
    host = PluginHost([load_object(plugin, "acme")])
    host.calls = CallsUnderWay(AT_ONCE)
    thread = threading.Thread(target=lambda: host.broadcaster("dj_queue_event")(event=EVENT))
    thread.start()
    assert plugin.is_in.wait(GOOD_TIME)
    yield host
    plugin.may_go.set()
    thread.join()


def test_a_call_that_takes_too_long_is_named_once(waiting, caplog):
    waiting.calls.tell_overdue()
    waiting.calls.tell_overdue()
    assert [record.message for record in caplog.records] == [
        'plugin "acme" (OPTIONS) has not returned from dj_queue_event for 0 s'
    ]


def test_calls_that_returned_are_not_named(caplog):
    host = PluginHost([load_object(Waits(), "acme")])
    host.calls = CallsUnderWay(AT_ONCE)
    host.plugins[0].plugin.may_go.set()
    host.broadcaster("dj_queue_event")(event=EVENT)
    host.calls.tell_overdue()
    assert not caplog.records


def test_a_forked_process_does_not_answer_for_the_calls_of_its_parent(waiting, caplog):
    waiting.calls.forget()
    waiting.calls.tell_overdue()
    assert not caplog.records


def test_what_is_asked_is_named_by_a_clock_of_its_own(caplog):
    is_told = threading.Event()

    class Tells(logging.Handler):
        def emit(self, record):
            is_told.set()

    class Hangs:
        @hookimpl
        def dj_queue_metrics(self):
            assert is_told.wait(GOOD_TIME)

    handler = Tells()
    logging.getLogger("dj_queue.plugins").addHandler(handler)
    try:
        host = PluginHost([load_object(Hangs(), "acme")])
        host.calls = CallsUnderWay(0.01)
        host.ask_all("dj_queue_metrics", alias="default")
    finally:
        logging.getLogger("dj_queue.plugins").removeHandler(handler)
    assert "has not returned from dj_queue_metrics" in caplog.text
