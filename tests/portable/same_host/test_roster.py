"""Announcers know at once who came and who went."""

import os
import time

from dj_queue.portable.same_host.roster import SETTLED, Roster
from tests.portable.same_host.processes import KEY


def grow_old(folder):
    """As if nothing had happened in it for a while."""
    status = folder.path.stat()
    os.utime(folder.path, ns=(status.st_atime_ns, status.st_mtime_ns - 2 * SETTLED))


def test_nobody_is_known_where_there_is_no_folder(private):
    assert Roster().sockets(private, KEY) == ()


def test_who_comes_and_goes_is_known_at_once(private, bound):
    private.open()
    roster = Roster()
    paths = []
    for _ in range(20):
        assert set(roster.sockets(private, KEY)) == set(paths)
        paths.append(bound(private)[1])
    while paths:
        assert set(roster.sockets(private, KEY)) == set(paths)
        paths.pop().unlink()
    assert not roster.sockets(private, KEY)


def test_who_comes_within_one_tick_of_the_folder_s_clock_is_known_too(private, bound):
    private.open()
    roster = Roster()
    now = time.time_ns() + 3600 * 10**9
    for known in range(3):
        os.utime(private.path, ns=(now, now))
        assert len(roster.sockets(private, KEY)) == known
        bound(private)


def test_a_folder_is_not_read_again_before_it_changes(private, bound):
    private.open()
    roster = Roster()
    bound(private)
    grow_old(private)
    first = roster.sockets(private, KEY)
    assert roster.sockets(private, KEY) is first
    assert roster.sockets(private, "ba9876543210") == []
    bound(private)
    assert len(roster.sockets(private, KEY)) == 2


def test_nobody_is_announced_to_in_a_folder_that_became_unsafe(private, bound):
    private.open()
    roster = Roster()
    bound(private)
    grow_old(private)
    assert len(roster.sockets(private, KEY)) == 1
    private.path.chmod(0o777)
    assert not roster.sockets(private, KEY)
