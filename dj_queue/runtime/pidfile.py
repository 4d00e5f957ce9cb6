"""The pidfile: one supervisor for one file; a stale one is recognised by pid and start time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from dj_queue.exceptions import DjQueueError


class PidfileTaken(DjQueueError):
    """Another live supervisor holds the pidfile, or the file cannot be used."""


class Pidfile:
    """Holds `pid start-time`, with mode 0600; removed at the end. A lock on it decides between two that start at once."""

    def __init__(self, path: str | None) -> None:
        """Use this path; None means no pidfile."""
        self._path = None if path is None else Path(path)
        self._is_held = False

    def acquire(self) -> None:
        """Write the file.

        Raises:
            PidfileTaken: a live process holds it, or it cannot be written.
        """
        if self._path is None:
            return
        try:
            with _locked(self._path) as file:
                self._refuse_if_taken(file.read())
                file.seek(0)
                file.truncate()
                file.write(_signature(os.getpid()))
        except OSError as error:
            raise PidfileTaken(f"{self._path}: cannot be used as a pidfile: {error.strerror}") from error
        self._is_held = True

    def release(self) -> None:
        """Remove the file, if it is ours."""
        if self._path is None or not self._is_held:
            return
        self._is_held = False
        with _locked(self._path) as file:
            if file.read() == _signature(os.getpid()):
                self._path.unlink()

    def _refuse_if_taken(self, text: str) -> None:
        words = text.split()
        if not words or not words[0].isdigit():
            return
        pid = int(words[0])
        started = words[1] if len(words) > 1 else ""
        if _is_alive(pid) and started in ("", _start_time(pid)):
            raise PidfileTaken(
                f"{self._path}: another supervisor runs with pid {pid}; stop it or name another pidfile"
            )


@contextmanager
def _locked(path: Path) -> Iterator[IO[str]]:
    """The file, made if it is missing, read and written by nobody else meanwhile."""
    import fcntl  # not on every platform, but wherever there are pidfiles

    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "r+", errors="replace") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_still(path, file):
                continue
            yield file
            return


def _is_still(path: Path, file: IO[str]) -> bool:
    """Whether the path still names this file: who held the lock before may have removed it."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _signature(pid: int) -> str:
    return f"{pid} {_start_time(pid)}\n"


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _start_time(pid: int) -> str:
    """When the process started, in the kernel's ticks; empty where that cannot be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return ""
