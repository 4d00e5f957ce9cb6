"""The folder that holds the sockets: each user's own, or one that several share. Used only while it is safe."""

import os
import secrets
import socket
import stat
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

MOST_FILES = 1000
"""Looked at in the folder: who may write to it must not slow down others without end."""
MOST_LISTENERS = 256
TEMPORARY = "/tmp"  # noqa: S108 - owner and mode of the folder in it are checked before each use


@dataclass(frozen=True, slots=True)
class Folder:
    """Where sockets are, and who may reach them."""

    path: Path
    owner: int | None
    """The user who must own it and for whom it is made; None where others made it."""
    forbidden: int
    """Mode bits with which it is not safe."""
    socket_mode: int

    def is_safe(self, status: os.stat_result) -> bool:
        """Whether nobody can write to it who should not; `status` is of the path itself, no link followed."""
        is_of_owner = self.owner is None or status.st_uid == self.owner
        return stat.S_ISDIR(status.st_mode) and is_of_owner and not status.st_mode & self.forbidden

    def open(self) -> None:
        """Make sure that it is there and safe.

        Raises:
            OSError: it is not; the text says why.
        """
        if self.owner is not None:
            with suppress(FileExistsError):
                self.path.mkdir(mode=0o700)
        if not self.is_safe(self.path.lstat()):
            raise PermissionError(f"{self.path} is no directory that only the right users may write to")

    def sockets(self, key: str) -> list[Path]:
        """The sockets whose names begin with `key`; never a link, which could lead anywhere."""
        with os.scandir(self.path) as entries:
            found = [Path(entry.path) for entry in islice(entries, MOST_FILES) if entry.name.startswith(key)]
        return list(islice(filter(_is_socket, found), MOST_LISTENERS))

    def bind(self, receiver: socket.socket, key: str) -> Path:
        """Bind to a new name under `key`. It shows only once it works, so that nobody takes it for a dead one.

        Raises:
            OSError: it cannot be made.
        """
        name = f"{key}-{secrets.token_hex(4)}"
        hidden = self.path / f".{name}"
        receiver.bind(str(hidden))
        try:
            if self.owner is None:
                with suppress(PermissionError):
                    os.chown(hidden, -1, self.path.lstat().st_gid)
            hidden.chmod(self.socket_mode)
            return hidden.rename(self.path / name)
        except OSError:
            remove(hidden)
            raise

    def sweep(self) -> None:
        """Remove sockets that nobody listens on any more."""
        for path in self.sockets(""):
            if not path.name.startswith("."):
                _remove_if_dead(path)


def private_folder() -> Folder:
    """The current user's own, in the directory for temporary files: its name has to be the same for all of them."""
    return _private(os.geteuid())


def shared_folder(path: str) -> Folder:
    """One that an administrator made: its group may use it, anyone else may not."""
    return Folder(Path(path), owner=None, forbidden=stat.S_IWOTH, socket_mode=0o660)


def remove(path: Path) -> None:
    """Remove a socket; where that is not allowed it stays."""
    with suppress(OSError):
        path.unlink()


@cache
def _private(user: int) -> Folder:
    path = Path(os.environ.get("TMPDIR") or TEMPORARY, f"dj_queue-{user}")
    return Folder(path, owner=user, forbidden=stat.S_IRWXG | stat.S_IRWXO, socket_mode=0o600)


def _is_socket(path: Path) -> bool:
    try:
        return stat.S_ISSOCK(path.lstat().st_mode)
    except OSError:
        return False


def _remove_if_dead(path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            remove(path)
        except OSError:
            return
