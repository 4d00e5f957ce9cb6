"""Wakeups within one machine, for any database: who enqueues sends a datagram to every worker that runs beside it."""

import logging
import os
import socket
from collections.abc import Collection, Sequence
from contextlib import suppress

from dj_queue.contract import DatabaseInfo, Listener, Selector
from dj_queue.portable.same_host.audience import Audiences
from dj_queue.portable.same_host.folder import Folder, private_folder, shared_folder
from dj_queue.portable.same_host.listener import SameHostListener

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
        self._shared = None if directory is None else shared_folder(directory)
        self._audiences = Audiences(database)

    def announce(self, queues: Collection[str]) -> None:
        """One datagram to each listener it concerns. A full socket belongs to one who will look again anyway."""
        with suppress(OSError):
            self._audiences.tell(self._folder(), queues)

    def listen(self, selectors: Sequence[Selector]) -> Listener | None:
        """A listener with a socket of its own; None where there can be none."""
        folder = self._folder()
        try:
            listener = SameHostListener(folder, self._audiences.of(selectors).key(), selectors)
        except OSError as error:
            level = logging.INFO if self._shared is None else logging.WARNING
            logger.log(level, "no wakeups by sockets in %s: %s", folder.path, error)
            return None
        with suppress(OSError):
            folder.sweep()
        return listener

    def _folder(self) -> Folder:
        return self._shared or private_folder()
