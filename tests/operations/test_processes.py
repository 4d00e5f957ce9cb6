"""Processes: registered with a random identity, alive by heartbeats on the database's clock, then gone."""

import os
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dj_queue.models import Process
from dj_queue.operations import processes


@pytest.fixture
def rows(services):
    """The stored processes."""
    return Process.objects.using(services.database.alias)


def test_a_process_is_known_by_identity_host_and_pid(services, rows):
    identity, supervisor = uuid4(), uuid4()
    process = processes.describe_process(services, "worker", identity)
    processes.register(services, process, supervisor, {"queues": ["*"]})
    row = rows.get()
    assert (row.id, row.kind, row.name, row.pid) == (identity, "worker", process.name, os.getpid())
    assert (row.backend_alias, row.supervisor_id) == (services.alias, supervisor)
    assert row.metadata["queues"] == ["*"]
    assert identity.hex[:6] in process.name
    assert row.started_at == row.last_heartbeat_at
    assert abs(row.started_at - services.dialect.now()) < timedelta(minutes=1)


def test_a_heartbeat_moves_every_named_process_to_now(services, register, rows):
    ids = [register(silent=True) for _ in range(3)]
    before = services.dialect.now()
    assert processes.heartbeat(services, ids[:2]) == set(ids[:2])
    moved = rows.filter(last_heartbeat_at__gte=before - timedelta(milliseconds=1))
    assert {row.id for row in moved} == set(ids[:2])


def test_a_heartbeat_tells_who_was_given_up(services, register, rows):
    known, forgotten = register(), register()
    rows.filter(id=forgotten).delete()
    assert processes.heartbeat(services, [known, forgotten]) == {known}
    assert processes.heartbeat(services, [forgotten]) == set()
    assert rows.count() == 1


def test_two_heartbeats_within_one_tick_of_the_clock_are_no_loss(services, register):
    """Some databases count the rows an update changed, not those it found."""
    process_id = register()
    for _ in range(20):
        assert processes.heartbeat(services, [process_id]) == {process_id}


def test_a_process_that_ends_is_forgotten_and_ending_twice_is_no_error(services, register, rows):
    first, second = register(), register()
    for _ in range(2):
        processes.deregister(services, first)
    assert rows.get().id == second


def test_silent_are_those_beyond_the_threshold_of_this_alias(configure, register, rows):
    services = configure(process_heartbeat_interval=10, process_alive_threshold=60)
    silent, speaking, other = register(silent=True), register(), register(silent=True)
    rows.filter(id=other).update(backend_alias="another")
    nearly = services.dialect.now() - timedelta(seconds=50)
    rows.filter(id=speaking).update(last_heartbeat_at=nearly)
    assert [process.id for process in processes.silent_processes(services)] == [silent]


def test_who_spoke_again_is_not_forgotten(services, register, rows):
    silent, speaking = register(silent=True), register()
    assert processes.forget_silent(services, speaking) is False
    assert processes.forget_silent(services, silent) is True
    assert processes.forget_silent(services, silent) is False
    assert [row.id for row in rows.all()] == [speaking]


@pytest.mark.fault(30)
def test_a_clock_of_this_host_that_is_wrong_declares_nobody_dead(services, register, monkeypatch):
    if services.dialect.name == "sqlite":
        pytest.skip("a file has no clock but this host's")
    register()

    class Wrong(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2099, 1, 1, tzinfo=UTC)

    for module in ("dj_queue.portable.dialect", "dj_queue.portable.finish"):
        monkeypatch.setattr(f"{module}.datetime", Wrong)
    assert processes.silent_processes(services) == []
