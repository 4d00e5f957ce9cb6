"""Wakeups within one machine, for any database: who enqueues sends a datagram to every worker that runs beside it."""

import logging
import os
import socket
from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

from dj_queue.contract import DatabaseInfo, Listener, Selector
from dj_queue.portable.same_host.folder import Folder, private_folder, remove, shared_folder
from dj_queue.portable.same_host.identity import Place, key_of, place_of
from dj_queue.portable.same_host.listener import SameHostListener
from dj_queue.portable.same_host.message import pack
from dj_queue.portable.same_host.roster import Roster

logger = logging.getLogger("dj_queue.wakeup")

IS_POSSIBLE = hasattr(socket, "AF_UNIX") and hasattr(os, "geteuid")


class SameHostWakeup:
    """Announces to those who listen on this machine as the same user, or in a folder that users share.

    Where that cannot work nothing is announced and nobody listens, without an error: polling finds the jobs.
    """

    name = "same_host"
    hears_every_host = False

    def __init__(self, database: DatabaseInfo, directory: str | None) -> None:
        """Serve this database, by sockets in `directory` or in one of each user's own; opens nothing."""
        self._database = database
        self._shared = None if directory is None else shared_folder(directory)
        self._roster = Roster()
        self._key: tuple[Place | None, str] = (None, "")

    def announce(self, queues: Collection[str]) -> None:
        """One datagram to each listener. A full socket belongs to one who will look again anyway."""
        with suppress(OSError):
            sockets = self._roster.sockets(self._folder(), self._current_key())
            if sockets and queues:
                _send(pack(queues), sockets)

    def listen(self, selectors: Sequence[Selector]) -> Listener | None:
        """A listener with a socket of its own; None where there can be none."""
        folder = self._folder()
        try:
            listener = SameHostListener(folder, self._current_key(), selectors)
        except OSError as error:
            level = logging.INFO if self._shared is None else logging.WARNING
            logger.log(level, "no wakeups by sockets in %s: %s", folder.path, error)
            return None
        with suppress(OSError):
            folder.sweep()
        return listener

    def _folder(self) -> Folder:
        return self._shared or private_folder()

    def _current_key(self) -> str:
        place = place_of(self._database)
        known, key = self._key
        if place != known:
            key = key_of(self._database, place)
            self._key = (place, key)
        return key


def _send(datagram: bytes, sockets: Sequence[Path]) -> None:
    """Never waits. The sending socket lives for this once: nothing of it can cross a fork."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(0)
        for path in sockets:
            try:
                sender.sendto(datagram, str(path))
            except ConnectionRefusedError:
                remove(path)
            except OSError:
                continue
