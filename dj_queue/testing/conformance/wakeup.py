"""Wakeups: a listener hears of jobs that another connection commits, and `close` ends its wait."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

import pytest

from dj_queue.contract import SCHEDULED, Listener, Selector, WakeupTransport, parse_selector
from dj_queue.testing.conformance.bench import Bench

PATIENCE = 30.0
"""Seconds after which a wait that should have ended has failed."""
EVERY_QUEUE = Selector("", is_prefix=True)
DISPATCHERS = Selector(SCHEDULED)


class TestWakeup:
    """`WakeupTransport` and `Listener`, of each transport that the backend alias has."""

    def test_a_listener_hears_of_committed_jobs(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            heard = threading.Event()
            with _waiting(bench, transport, parse_selector("mail*"), heard.set):
                bench.ready(queue_name="mail_low")
                transport.announce(["default", "mail_low"])
                assert heard.wait(PATIENCE)

    def test_each_of_several_listeners_hears(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            first, second = threading.Event(), threading.Event()
            with (
                _waiting(bench, transport, parse_selector("mail"), first.set),
                _waiting(bench, transport, parse_selector("mail*"), second.set),
            ):
                bench.ready(queue_name="mail")
                transport.announce(["mail"])
                assert first.wait(PATIENCE)
                assert second.wait(PATIENCE)

    def test_what_was_announced_before_the_first_wait_is_heard_too(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            listener = _listener(transport, parse_selector("mail"))
            bench.ready(queue_name="mail")
            transport.announce(["mail"])
            assert bench.in_threads(partial(_wait_and_close, listener, PATIENCE)) == [True]

    def test_after_the_last_announcement_of_many_comes_a_hint(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            bench.empty()
            complete = threading.Event()

            def look(complete: threading.Event = complete) -> None:
                if bench.rows.count() == 100:
                    complete.set()

            with _waiting(bench, transport, parse_selector("mail"), look):
                for number in range(100):
                    queue = "mail" if number % 10 == 9 else "other"
                    bench.ready(queue_name=queue)
                    transport.announce([queue])
                assert complete.wait(PATIENCE)

    def test_dispatchers_hear_of_scheduled_jobs(self, bench: Bench) -> None:
        for transport in _transports(bench, DISPATCHERS):
            heard = threading.Event()
            with _waiting(bench, transport, DISPATCHERS, heard.set):
                transport.announce([SCHEDULED])
                assert heard.wait(PATIENCE)

    def test_close_ends_a_wait(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            with _waiting(bench, transport, EVERY_QUEUE, lambda: None):
                pass

    def test_a_wait_ends_by_itself(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            listener = _listener(transport, EVERY_QUEUE)
            assert bench.in_threads(partial(_wait_and_close, listener, 0.05))[0] in (True, False)

    def test_announcing_many_queues_is_no_error(self, bench: Bench) -> None:
        for transport in _transports(bench, EVERY_QUEUE):
            transport.announce([f"{number}-" + "é" * 100 for number in range(300)])
            transport.announce([])

    def test_it_says_how_far_it_hears(self, bench: Bench) -> None:
        assert all(transport.hears_every_host in (True, False) for transport in bench.services.wakeups)


def _transports(bench: Bench, selector: Selector) -> list[WakeupTransport]:
    """Those with something to wait on; without any there is nothing to hold them to."""
    found = []
    for transport in bench.services.wakeups:
        listener = transport.listen([selector])
        if listener is not None:
            listener.close()
            found.append(transport)
    if not found:
        pytest.skip("nothing wakes this backend alias: it polls")
    return found


def _listener(transport: WakeupTransport, selector: Selector) -> Listener:
    listener = transport.listen([selector])
    assert listener is not None
    return listener


def _wait_and_close(listener: Listener, timeout: float) -> bool:
    try:
        return listener.wait(timeout)
    finally:
        listener.close()


@contextmanager
def _waiting(
    bench: Bench, transport: WakeupTransport, selector: Selector, on_hint: Callable[[], None]
) -> Iterator[None]:
    """A thread listens, and tells of each hint once it is quiet; at the end its listener is closed and it has to stop."""
    listener = _listener(transport, selector)
    closed, is_quiet = threading.Event(), threading.Event()

    def wait() -> None:
        while listener.wait(0.1):
            pass
        is_quiet.set()
        while not closed.is_set():
            if listener.wait(PATIENCE * 2):
                on_hint()

    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(bench.in_threads, wait)
        try:
            assert is_quiet.wait(PATIENCE)
            yield
        finally:
            closed.set()
            listener.close()
            waiter.result(PATIENCE)
