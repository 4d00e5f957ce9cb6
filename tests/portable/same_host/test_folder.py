"""Sockets are put only where the right users alone can write, and only live ones are kept."""

import os
import socket
import stat
from dataclasses import replace

import pytest

from dj_queue.portable.same_host.folder import MOST_LISTENERS, shared_folder
from tests.portable.same_host.processes import KEY


def mode_of(path):
    return stat.S_IMODE(path.lstat().st_mode)


def test_the_private_folder_is_made_for_its_user_alone(private, place):
    private.open()
    assert private.path == place / f"dj_queue-{os.geteuid()}"
    assert mode_of(private.path) == 0o700
    private.open()


@pytest.mark.parametrize("mode", [0o777, 0o755, 0o770, 0o701])
def test_a_private_folder_that_others_can_enter_is_not_used(private, mode):
    private.path.mkdir()
    private.path.chmod(mode)
    with pytest.raises(PermissionError, match=str(private.path)):
        private.open()


def test_a_private_folder_that_somebody_else_made_first_is_not_used(private):
    private.open()
    with pytest.raises(PermissionError):
        replace(private, owner=os.geteuid() + 1).open()


def test_a_link_or_a_file_in_place_of_the_folder_is_not_followed(private, place):
    (place / "target").mkdir(mode=0o700)
    private.path.symlink_to("target")
    with pytest.raises(PermissionError):
        private.open()
    private.path.unlink()
    private.path.touch(mode=0o600)
    with pytest.raises(PermissionError):
        private.open()
    assert not list((place / "target").iterdir())


def test_a_shared_folder_is_used_as_it_is_unless_anyone_may_write_to_it(place):
    shared = shared_folder(str(place / "run"))
    with pytest.raises(FileNotFoundError):
        shared.open()
    shared.path.mkdir()
    shared.path.chmod(0o2770)
    shared.open()
    shared.path.chmod(0o1777)
    with pytest.raises(PermissionError):
        shared.open()


def test_sockets_are_open_to_those_whom_the_folder_is_for(private, place, bound):
    private.open()
    assert mode_of(bound(private)[1]) == 0o600
    shared = shared_folder(str(place))
    _, path = bound(shared)
    assert mode_of(path) == 0o660
    assert path.lstat().st_gid == place.lstat().st_gid


def test_only_sockets_under_the_key_are_listed(private, place, bound):
    private.open()
    _, path = bound(private)
    bound(private, "ba9876543210")
    _, target = bound(shared_folder(str(place)), "elsewhere")
    (private.path / f"{KEY}-link").symlink_to(target)
    (private.path / f"{KEY}-file").touch()
    (private.path / f"{KEY}-folder").mkdir()
    assert private.sockets(KEY) == [path]


def test_a_crowded_folder_is_not_read_to_its_end(private, bound):
    private.open()
    _, path = bound(private)
    for number in range(MOST_LISTENERS + 20):
        os.link(path, private.path / f"{KEY}-{number}")
    assert len(private.sockets(KEY)) == MOST_LISTENERS


def test_dead_sockets_are_swept_away_and_live_ones_stay(private, bound):
    private.open()
    _, alive = bound(private)
    dead, path = bound(private, "ba9876543210")
    dead.close()
    (private.path / "file").touch()
    private.sweep()
    assert alive.is_socket()
    assert not path.exists()
    assert (private.path / "file").exists()


def test_a_socket_that_cannot_get_its_name_leaves_nothing_behind(private, monkeypatch):
    private.open()

    def refuse(self, mode):
        raise PermissionError

    monkeypatch.setattr(type(private.path), "chmod", refuse)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver, pytest.raises(PermissionError):
        private.bind(receiver, KEY)
    assert not list(private.path.iterdir())
