"""Signals are noted in handlers and acted on by whoever waits."""

import os
import signal
import threading

import pytest

from dj_queue.runtime.signals import Signals, held_back, let_through

# Other tests may have left threads; these children do nothing that minds them.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
LONG = 30


@pytest.fixture
def asked():
    return []


@pytest.fixture
def signals(asked):
    with Signals(lambda: asked.append("stop"), lambda: asked.append("now")) as installed:
        yield installed


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "wish"),
    [
        (signal.SIGTERM, ["stop"]),
        (signal.SIGINT, ["stop"]),
        (signal.SIGHUP, ["stop"]),
        (signal.SIGQUIT, ["now"]),
        (signal.SIGCHLD, []),
    ],
)
def test_each_signal_ends_the_wait_and_says_what_it_wants(signals, asked, number, wish):
    send(number)
    signals.wait(LONG)
    assert asked == wish


def test_the_handler_itself_does_nothing(signals, asked):
    send(signal.SIGTERM)
    assert asked == []
    signals.wait(LONG)
    send(signal.SIGTERM)
    signals.wait(LONG)
    assert asked == ["stop", "stop"]


def test_the_last_one_leaves_signals_ignored_and_others_what_was_there():
    def handler(number, frame):
        pass

    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGQUIT)}
    try:
        with Signals(list, list):
            pass
        assert {signal.getsignal(number) for number in before} == {handler}
        with Signals(list, list) as last:
            last.be_last()
            assert signal.getsignal(signal.SIGTERM) not in (handler, signal.SIG_IGN)
        assert {signal.getsignal(number) for number in before} == {signal.SIG_IGN}
    finally:
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
        for number, handler_before in before.items():
            signal.signal(number, handler_before)


def test_any_thread_ends_the_wait(signals, asked):
    threading.Thread(target=signals.wake).start()
    signals.wait(LONG)
    assert asked == []


def test_input_elsewhere_ends_the_wait(signals):
    read, write = os.pipe()
    os.close(write)
    signals.wait(LONG, read)
    os.close(read)


def test_what_was_before_is_back_afterwards():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)}
    with Signals(lambda: None, lambda: None) as installed:
        assert signal.getsignal(signal.SIGTERM) != before[signal.SIGTERM]
    assert {number: signal.getsignal(number) for number in before} == before
    installed.wake()


def test_nohup_is_respected(asked):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals(lambda: asked.append("stop"), lambda: None) as installed:
            send(signal.SIGHUP)
            installed.wait(0)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert asked == []


def test_a_signal_held_back_at_a_fork_reaches_the_child_once_it_has_handlers():
    read, write = os.pipe()
    with held_back():
        pid = os.fork()
        if pid == 0:
            send(signal.SIGTERM)
            heard = []
            with Signals(lambda: heard.append("stop"), lambda: None) as installed:
                let_through()
                installed.wait(LONG)
            os.write(write, b"stop" if heard == ["stop"] else b"nothing")
            os._exit(0)
    os.close(write)
    os.waitpid(pid, 0)
    assert os.read(read, 10) == b"stop"
    os.close(read)
    assert signal.SIGTERM not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
