"""What wakeups do to the pace of a loop, and what happens when one breaks."""

from dataclasses import replace

import pytest

from dj_queue.contract import events
from dj_queue.plugins.broadcasts import Broadcasts
from dj_queue.runtime import listeners as listeners_module
from dj_queue.runtime.doorbell import Doorbell
from dj_queue.runtime.listeners import BREATH, FREE_HINTS, LONGEST_PAUSE, RELAXED_POLLING, Ear, Listeners
from tests.runtime.transports import Broken, Deaf, Fed, Near, Nothing, Transport
from tests.runtime.where import only_on_one

LONG = 30


@pytest.fixture
def listening(services):
    """`listening(*transports)` are running listeners and their bell."""
    running = []

    def start(*transports, told=None):
        broadcasts = Broadcasts(_on_thread_error=told.append) if told is not None else services.broadcasts
        bell = Doorbell()
        listeners = Listeners(replace(services, wakeups=transports, broadcasts=broadcasts), (), bell)
        listeners.start()
        running.append(listeners)
        return listeners, bell

    yield start
    for listeners in running:
        listeners.close()


@only_on_one("default")
def test_a_hint_rings_the_bell(listening):
    _, bell = listening(Transport(False, True))
    assert bell.wait(LONG) is True


@only_on_one("default")
def test_a_hint_is_an_event_that_names_its_transport(services, wait_until):
    told = []
    broadcasts = Broadcasts(event=lambda *, event: told.append(event))
    listeners = Listeners(replace(services, wakeups=(Near(True),), broadcasts=broadcasts), (), Doorbell())
    listeners.start()
    wait_until(lambda: told)
    listeners.close()
    assert [(event.name, event.count, event.labels) for event in told] == [
        (events.WAKEUP, 1, {"transport": "scripted"})
    ]


@only_on_one("default")
def test_polling_relaxes_only_while_every_host_is_heard(listening):
    for transports in ((Nothing(),), (Near(),), (Nothing(), Near())):
        listeners, _ = listening(*transports)
        assert listeners.polling_interval(0.1) == 0.1
    for transports in ((Transport(),), (Near(), Transport()), (Nothing(), Transport())):
        listeners, _ = listening(*transports)
        assert listeners.polling_interval(0.1) == RELAXED_POLLING
        assert listeners.polling_interval(60) == 60


@only_on_one("default")
def test_while_a_wakeup_is_broken_polling_goes_on_as_configured(listening, wait_until, monkeypatch, caplog):
    monkeypatch.setattr(listeners_module, "BROKEN_PAUSE", 0.05)
    told, error = [], RuntimeError("no channel")
    transport = Broken(error)
    listeners, _ = listening(transport, told=told)
    wait_until(lambda: transport.failures >= 3)
    assert listeners.polling_interval(0.1) == 0.1
    transport.mend()
    wait_until(lambda: listeners.polling_interval(0.1) == RELAXED_POLLING)
    assert caplog.text.count("is broken, polling goes on") == 1
    assert told == [error]


@only_on_one("default")
def test_one_broken_wakeup_leaves_the_other_working(listening, wait_until):
    told = []
    listeners, bell = listening(Transport(RuntimeError("no channel")), Transport(True), told=told)
    assert bell.wait(LONG) is True
    wait_until(lambda: told)
    assert listeners.polling_interval(0.1) == 0.1


@only_on_one("default")
def test_one_that_cannot_begin_to_listen_is_done_without(listening, caplog):
    told, error = [], OSError("no file descriptor is free")
    listeners, bell = listening(Deaf(error), Transport(True), told=told)
    assert bell.wait(LONG) is True
    assert listeners.polling_interval(0.1) == 0.1
    assert told == [error]
    assert caplog.text.count("is broken, polling goes on") == 1


@only_on_one("default")
def test_a_broken_wakeup_of_one_machine_does_not_bring_polls_back(listening, wait_until):
    told = []
    listeners, _ = listening(Near(RuntimeError("no folder")), Transport(), told=told)
    wait_until(lambda: told)
    assert listeners.polling_interval(0.1) == RELAXED_POLLING


@only_on_one("default")
def test_who_hints_in_vain_is_listened_to_less_often_until_a_hint_leads_to_jobs(listening):
    listeners, bell = listening(fed := Fed(), Transport())
    vain, silent = listeners._ears

    def hint(led_to):
        fed.hints.put(True)
        assert bell.wait(LONG) is True
        listeners.led_to(led_to)

    for _ in range(FREE_HINTS + 5):
        hint(led_to=0)
    assert (vain.pause(), silent.pause()) == (LONGEST_PAUSE, BREATH)
    hint(led_to=3)
    assert vain.pause() == BREATH


def test_pauses_grow_from_a_breath_to_the_longest():
    ear = Ear(Transport(), Transport())
    pauses = []
    for ear.fruitless in range(FREE_HINTS + 2000):
        pauses.append(ear.pause())
    assert pauses[: FREE_HINTS + 1] == [BREATH] * FREE_HINTS + [pauses[FREE_HINTS]]
    assert 0 < pauses[FREE_HINTS] < LONGEST_PAUSE
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE
