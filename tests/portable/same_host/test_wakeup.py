"""Announcing reaches every listener of the same database on this machine, costs nothing without one, and never fails."""

import logging
import os
import socket

import pytest
from django.db import connections

from dj_queue.contract import SCHEDULED, Selector, parse_selector
from dj_queue.portable import plugin
from dj_queue.portable.same_host import wakeup
from dj_queue.portable.same_host.identity import key_of, place_of
from dj_queue.portable.same_host.wakeup import SameHostWakeup
from tests.portable.same_host.processes import in_fork

STRANGER = 12345


def test_every_listener_hears(transport, listening):
    listeners = [listening(transport, "mail") for _ in range(20)]
    transport.announce(["mail"])
    assert all(listener.wait(0) for listener in listeners)


def test_workers_and_dispatchers_are_told_of_what_concerns_them(transport, private):
    worker, dispatcher = (
        transport.listen([selector]) for selector in (parse_selector("*"), Selector(SCHEDULED))
    )
    try:
        transport.announce(["mail"])
        assert (worker.wait(0), dispatcher.wait(0)) == (True, False)
        transport.announce([SCHEDULED])
        assert (worker.wait(0), dispatcher.wait(0)) == (False, True)
        transport.announce([SCHEDULED, "mail"])
        assert (worker.wait(0), dispatcher.wait(0)) == (True, True)
    finally:
        worker.close()
        dispatcher.close()


def test_a_listener_that_just_came_is_told(transport, listening):
    for _ in range(50):
        listener = listening(transport)
        transport.announce(["default"])
        assert listener.wait(0)
        listener.close()


def test_another_transport_for_the_same_database_is_heard_and_of_another_is_not(
    transport, listening, database, monkeypatch
):
    listener = listening(transport)
    SameHostWakeup(database, None).announce(["default"])
    assert listener.wait(0)
    monkeypatch.setitem(connections[database.alias].settings_dict, "NAME", "another")
    transport.announce(["default"])
    assert not listener.wait(0)


def test_announcing_makes_no_folder(transport, private):
    transport.announce(["default"])
    assert not private.path.exists()


def test_a_listener_that_reads_nothing_holds_nobody_up(transport, listening):
    stuck, listener = listening(transport), listening(transport)
    for _ in range(200):
        transport.announce(["default"])
        assert listener.wait(0)
    assert stuck.wait(0)


def test_the_socket_of_a_dead_listener_is_removed_by_who_meets_it(transport, listening, private, database):
    key = key_of(database, place_of(database), "workers")
    private.open()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        path = private.bind(dead, key)
    listener = listening(transport)
    assert not path.exists()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        path = private.bind(dead, key)
    transport.announce(["default"])
    assert listener.wait(0)
    assert not path.exists()


def test_links_are_not_followed_to_other_sockets(transport, listening, private, place, database):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as victim:
        victim.bind(str(place / "victim"))
        victim.settimeout(0)
        private.open()
        key = key_of(database, place_of(database), "workers")
        (private.path / f"{key}-link").symlink_to(place / "victim")
        transport.announce(["default"])
        with pytest.raises(BlockingIOError):
            victim.recv(10)


@pytest.mark.parametrize("temporary", ["/proc", "/dev/null", f"/tmp/{'x' * 90}", "/nowhere"])
def test_where_no_socket_can_be_there_is_no_listener_and_no_error(
    database, private, listening, monkeypatch, temporary, caplog
):
    from dj_queue.portable.same_host import folder

    caplog.set_level(logging.INFO, "dj_queue.wakeup")
    monkeypatch.setenv("TMPDIR", temporary)
    folder._private.cache_clear()
    transport = SameHostWakeup(database, None)
    transport.announce(["default"])
    assert listening(transport) is None
    transport.announce(["default"])
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_a_process_that_may_open_no_more_files_announces_without_an_error(transport, listening, monkeypatch):
    listener = listening(transport)

    def refuse(*args):
        raise OSError(24, "Too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(socket, "socket", refuse)
        transport.announce(["default"])
    assert not listener.wait(0)


def test_without_such_sockets_on_the_platform_there_is_no_transport(database, monkeypatch):
    assert plugin.dj_queue_wakeup_transport(database, {}).name == "same_host"
    monkeypatch.setattr(wakeup, "IS_POSSIBLE", False)
    assert plugin.dj_queue_wakeup_transport(database, {}) is None


def test_a_directory_that_the_option_names_is_used_or_its_fault_is_told(database, place, listening, caplog):
    transport = plugin.dj_queue_wakeup_transport(database, {"wakeup_directory": str(place / "run")})
    assert listening(transport) is None
    (place / "run").mkdir()
    (place / "run").chmod(0o777)
    assert listening(transport) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"] * 2
    (place / "run").chmod(0o770)
    listener = listening(transport)
    transport.announce(["default"])
    assert listener.wait(0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")
@pytest.mark.parametrize(("groups", "is_heard"), [([STRANGER], True), ([], False)])
def test_users_of_the_group_of_a_shared_directory_wake_each_other(
    database, place, listening, groups, is_heard
):
    os.chown(place, 0, STRANGER)
    place.chmod(0o775)
    transport = SameHostWakeup(database, str(place))
    listener = listening(transport)

    def announce():
        os.setgroups(groups)
        os.setgid(STRANGER + 1)
        os.setuid(STRANGER + 1)
        transport.announce(["default"])

    assert in_fork(announce) == 0
    assert listener.wait(0) is is_heard


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")
def test_users_without_a_shared_directory_do_not_meet(transport, place, listening):
    place.chmod(0o1777)
    listener = listening(transport)

    def announce():
        os.setgid(STRANGER)
        os.setuid(STRANGER)
        transport.announce(["default"])
        assert listening(transport)._path.parent.name == f"dj_queue-{STRANGER}"

    assert in_fork(announce) == 0
    assert not listener.wait(0)
