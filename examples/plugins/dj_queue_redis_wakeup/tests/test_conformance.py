"""The transport keeps dj_queue's contract: its conformance suite, on a real Redis."""

import pytest

from dj_queue.testing import plugged
from dj_queue.testing.conformance import TestWakeup, bench  # noqa: F401 - what is bound here is run here
from dj_queue_redis_wakeup import plugin, wakeup
from dj_queue_redis_wakeup.times import Times


@pytest.fixture
def services(server, monkeypatch):
    """The backend alias under test, with no other wakeup than this one; a loaded machine may take its time."""
    monkeypatch.setattr(wakeup, "Times", lambda: Times(announce=90, answer=90))
    with plugged(plugin, wakeup=["redis"], plugin_options={"redis": {"url": server.url}}) as services:
        assert [transport.name for transport in services.wakeups] == ["redis"]
        yield services
