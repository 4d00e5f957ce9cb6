"""The runtime's side of the broadcasts: nothing where nobody listens, and errors that reach everyone."""

import dataclasses
import inspect

from dj_queue.contract import Event, hookimpl, hookspecs
from dj_queue.plugins.broadcasts import Broadcasts
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.loading import load_object


class Watches:
    """Keeps the errors it was told of."""

    def __init__(self):
        self.errors = []

    @hookimpl
    def dj_queue_error(self, process, error, where):
        self.errors.append((process, error, where))


class Breaks:
    """Fails wherever it listens."""

    @hookimpl
    def dj_queue_event(self, event):
        raise ValueError("event")

    @hookimpl
    def dj_queue_error(self, error):
        raise ValueError("error")


def host_of(**plugins):
    return PluginHost([load_object(plugin, name) for name, plugin in plugins.items()])


def test_nobody_listening_costs_nothing():
    broadcasts = Broadcasts.of(host_of())

    callers = [getattr(broadcasts, field.name) for field in dataclasses.fields(broadcasts)]
    assert callers == [None] * len(callers)


def test_every_broadcast_hook_has_a_caller():
    told = []

    def listener(hook):
        def listen(self):
            told.append(hook)

        return hookimpl(specname=hook)(listen)

    broadcast = {
        name
        for name in vars(hookspecs)
        if name.startswith(("dj_queue_process_", "dj_queue_job_")) or name == "dj_queue_event"
    }
    plugin = type("Everything", (), {f"on_{name}": listener(name) for name in broadcast})()
    broadcasts = Broadcasts.of(host_of(all=plugin))

    for name in broadcast:
        arguments = inspect.signature(getattr(hookspecs, name)).parameters
        getattr(broadcasts, name.removeprefix("dj_queue_"))(**dict.fromkeys(arguments))

    assert len(broadcast) == 8
    assert set(told) == broadcast


def test_an_error_reaches_listeners_and_the_option():
    watches, told = Watches(), []
    error = ValueError()

    Broadcasts.of(host_of(a=watches), told.append).error(None, error, "worker.claim")

    assert watches.errors == [(None, error, "worker.claim")]
    assert told == [error]


def test_an_error_is_told_where_nobody_listens():
    Broadcasts.of(host_of()).error(None, ValueError(), "worker.claim")


def test_on_thread_error_that_fails_harms_nothing(caplog):
    def fail(error):
        raise SystemExit

    Broadcasts.of(host_of(), fail).error(None, ValueError(), "worker.claim")

    assert "on_thread_error failed when told of an error in worker.claim" in caplog.text


def test_a_plugins_failure_is_told_as_an_error_of_that_plugin():
    watches, told = Watches(), []
    broadcasts = Broadcasts.of(host_of(bad=Breaks(), watches=watches), told.append)

    broadcasts.event(event=Event("claim", "default"))

    assert [(str(error), where) for _, error, where in watches.errors] == [
        ("event", "plugin.bad.dj_queue_event")
    ]
    assert [str(error) for error in told] == ["event"]


def test_a_failing_error_listener_is_told_of_once_and_ends_there():
    watches = Watches()
    host = host_of(bad=Breaks(), watches=watches)

    Broadcasts.of(host).error(None, KeyError("first"), "worker.claim")

    assert [where for _, _, where in watches.errors] == ["plugin.bad.dj_queue_error", "worker.claim"]
    assert host.failures() == {("bad", "dj_queue_error"): 2}
