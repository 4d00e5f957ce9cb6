"""A broadcast reaches every listener, whatever the others do, and nothing gets out of it."""

import asyncio
import threading

import pytest

from dj_queue.contract import Event, hookimpl
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.loading import load_object

EVENT = Event("claim", "default", 0.01, 3)


class Hears:
    """Keeps what it was told."""

    def __init__(self):
        self.heard = []

    @hookimpl
    def dj_queue_event(self, event):
        self.heard.append(event)


class Fails:
    """Raises what it was made with."""

    def __init__(self, error):
        self.error = error

    @hookimpl
    def dj_queue_event(self, event):
        raise self.error


class Stubborn(BaseException):
    """What no `except Exception` catches."""


def host_of(**plugins):
    return PluginHost([load_object(plugin, name) for name, plugin in plugins.items()])


def tell(host, times=1):
    for _ in range(times):
        host.broadcaster("dj_queue_event")(event=EVENT)


def test_no_listener_means_no_broadcaster():
    assert host_of(a=Hears()).broadcaster("dj_queue_error") is None
    assert host_of().broadcaster("dj_queue_event") is None


def test_every_listener_is_told_in_order():
    order = []

    def named(name):
        class Listener:
            @hookimpl
            def dj_queue_event(self, event):
                order.append((name, event))

        return Listener()

    tell(host_of(b=named("b"), a=named("a"), c=named("c")))

    assert order == [("b", EVENT), ("a", EVENT), ("c", EVENT)]


def test_a_listener_takes_the_arguments_it_names():
    class Deaf:
        told = 0

        @hookimpl
        def dj_queue_event(self):
            self.told += 1

    deaf = Deaf()
    tell(host_of(a=deaf))

    assert deaf.told == 1


@pytest.mark.fault(51)
@pytest.mark.parametrize(
    "error",
    [ValueError(), SystemExit(3), asyncio.CancelledError(), GeneratorExit(), RecursionError(), Stubborn()],
    ids=repr,
)
def test_whatever_a_listener_raises_the_others_are_told_and_it_is_logged_and_counted(error, caplog):
    before, after = Hears(), Hears()
    host = host_of(before=before, bad=Fails(error), after=after)

    tell(host)

    assert before.heard == after.heard == [EVENT]
    assert host.failures() == {("bad", "dj_queue_event"): 1}
    assert 'plugin "bad" (OPTIONS) failed in dj_queue_event' in caplog.text
    assert type(error).__name__ in caplog.text


def test_ctrl_c_gets_out_of_a_listener():
    host = host_of(bad=Fails(KeyboardInterrupt()))

    with pytest.raises(KeyboardInterrupt):
        tell(host)


def test_failures_are_counted_for_each_plugin_and_hook():
    host = host_of(a=Fails(ValueError()), b=Fails(KeyError()), c=Hears())

    tell(host, 5)

    assert host.failures() == {("a", "dj_queue_event"): 5, ("b", "dj_queue_event"): 5}


def test_failures_are_counted_right_by_many_threads():
    host = host_of(a=Fails(ValueError()))
    threads = [threading.Thread(target=tell, args=(host, 200)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert host.failures() == {("a", "dj_queue_event"): 1600}


def test_a_listener_that_always_fails_does_not_flood_the_log(caplog):
    tell(host_of(a=Fails(ValueError())), 1000)

    assert len(caplog.records) == 10


def test_a_new_kind_of_failure_is_logged_at_once(caplog):
    bad = Fails(ValueError())
    host = host_of(a=bad)
    tell(host, 1000)
    caplog.clear()

    bad.error = KeyError("something else")
    tell(host)

    assert "something else" in caplog.text
    assert host.failures() == {("a", "dj_queue_event"): 1001}


def test_each_failure_is_passed_on_once():
    told = []
    error = ValueError()
    host = host_of(a=Fails(error), b=Hears())
    host.on_error = lambda plugin, hook, raised: told.append((plugin.name, hook, raised))

    tell(host, 2)

    assert told == [("a", "dj_queue_event", error)] * 2


def test_who_is_told_of_a_failure_and_fails_too_does_not_go_round_in_circles(caplog):
    host = host_of(a=Fails(ValueError()), b=Hears())
    told = []

    def fail_in_turn(plugin, hook, error):
        told.append(hook)
        tell(host)
        raise SystemExit

    host.on_error = fail_in_turn
    tell(host)

    assert told == ["dj_queue_event"]
    assert host.failures() == {("a", "dj_queue_event"): 2}
    assert "telling others that" in caplog.text


def test_a_failure_is_passed_on_again_after_one_was():
    told = []
    host = host_of(a=Fails(ValueError()))

    def remember_and_fail(plugin, hook, error):
        told.append(hook)
        raise ValueError

    host.on_error = remember_and_fail
    tell(host, 3)

    assert len(told) == 3


def test_an_error_that_cannot_say_what_it_is_harms_nothing():
    class Mute(Exception):
        def __str__(self):
            raise ValueError

    after = Hears()
    tell(host_of(bad=Fails(Mute()), after=after))

    assert after.heard == [EVENT]
