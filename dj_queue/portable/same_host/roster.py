"""Who listens for one database on this machine, read again when the folder has changed."""

import time
from collections.abc import Sequence
from pathlib import Path

from dj_queue.portable.same_host.folder import Folder

SETTLED = 100_000_000
"""Nanoseconds after which another change must show in the folder's time: file systems count it in ticks."""


class Roster:
    """The sockets as of the folder's last change. Used by any thread; what it keeps is replaced as a whole."""

    def __init__(self) -> None:
        """Know of nobody."""
        self._known: tuple[object, Sequence[Path]] = (None, ())

    def sockets(self, folder: Folder, key: str) -> Sequence[Path]:
        """The sockets to announce to; none while the folder is missing or not safe. One look at the folder."""
        try:
            status = folder.path.lstat()
            state = (key, status.st_ino, status.st_uid, status.st_mode, status.st_mtime_ns)
            seen, sockets = self._known
            if state == seen:
                return sockets
            sockets = folder.sockets(key) if folder.is_safe(status) else ()
        except OSError:
            return ()
        if time.time_ns() - status.st_mtime_ns > SETTLED:
            self._known = (state, sockets)
        return sockets
