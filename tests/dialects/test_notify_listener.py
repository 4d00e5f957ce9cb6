"""The listener of PostgreSQL's notifications finds out by itself that it hears nothing any more."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import OperationalError, connections

from dj_queue.contract import parse_selector
from tests.runtime.tcp_proxy import TcpProxy
from tests.runtime.where import only_on

GOOD_TIME = 120

pytestmark = pytest.mark.every_server
on_postgres = only_on("postgres", "postgres18")


@pytest.fixture
def proxy(services, monkeypatch):
    """Between new connections to the server and the server."""
    settings = connections[services.database.alias].settings_dict
    proxy = TcpProxy(settings["HOST"], int(settings["PORT"]))
    monkeypatch.setitem(settings, "HOST", "127.0.0.1")
    monkeypatch.setitem(settings, "PORT", str(proxy.port))
    proxy.open()
    yield proxy
    proxy.close()


@pytest.fixture
def transport(services):
    """PostgreSQL's own wakeup."""
    return next(wakeup for wakeup in services.wakeups if wakeup.name == "notify")


@pytest.fixture
def listener(proxy, transport, monkeypatch):
    """A listener through the proxy that pings itself all the time."""
    monkeypatch.setattr("dj_queue_postgres.listener.PING_EVERY", 0.1)
    monkeypatch.setattr("dj_queue_postgres.listener.PONG_WITHIN", 10.0)
    listener = transport.listen([parse_selector("*")])
    yield listener
    listener.close()


@pytest.fixture
def announcing(transport):
    """Within `announcing()` another thread announces a queue again and again."""

    @contextmanager
    def announce():
        enough = threading.Event()

        def repeat():
            while not enough.wait(0.05):
                transport.announce(["default"])
            connections.close_all()

        with ThreadPoolExecutor(1) as pool:
            repeating = pool.submit(repeat)
            yield
            enough.set()
            repeating.result()

    return announce


def wait_until_it_breaks(listener):
    while True:
        listener.wait(GOOD_TIME)


@pytest.mark.fault(20)
@on_postgres
def test_a_connection_that_is_dead_without_a_word_is_given_up_and_replaced(listener, proxy, announcing):
    with announcing():
        assert listener.wait(GOOD_TIME)
    proxy.stall()
    with pytest.raises(OperationalError, match="did not deliver a notification"):
        wait_until_it_breaks(listener)
    proxy.flow()
    with announcing():
        assert listener.wait(GOOD_TIME)


@only_on("pgbouncer")
def test_a_pooler_that_brings_back_what_the_listener_sent_itself_is_found_out(services):
    from dj_queue_postgres.wakeup import NotifyWakeup

    listener = NotifyWakeup(services.database).listen([parse_selector("*")])
    try:
        with pytest.raises(OperationalError, match="is a pooler in transaction mode in between"):
            wait_until_it_breaks(listener)
    finally:
        listener.close()


@only_on("pgbouncer")
def test_what_is_announced_through_a_pooler_is_heard_by_who_listens_at_the_server(services, monkeypatch):
    from dj_queue_postgres.wakeup import NotifyWakeup

    transport = NotifyWakeup(services.database)
    listener = transport.listen([parse_selector("*")])
    transport.announce(["default"])  # by the connection that this thread keeps from here on
    behind = settings.DATABASES["postgres18"]
    for name in ("HOST", "PORT"):
        monkeypatch.setitem(connections[services.database.alias].settings_dict, name, behind[name])
    try:
        while not listener.wait(0.1):
            transport.announce(["default"])
    finally:
        listener.close()


@on_postgres
def test_what_one_thread_reads_of_recent_announcements_no_other_changes(services):
    from dj_queue_postgres.wakeup import NotifyWakeup

    transport = NotifyWakeup(services.database)
    transport.announce(["first"])
    being_read = iter(transport._quiet_until)
    transport.announce(["second"])
    assert list(being_read) == ["first"]
