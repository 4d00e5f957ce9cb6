"""Who is told of the same things on this machine: workers of ready jobs, dispatchers of scheduled ones."""

import socket
from collections.abc import Collection, Sequence
from pathlib import Path

from dj_queue.contract import SCHEDULED, DatabaseInfo, Selector, are_for_dispatchers
from dj_queue.portable.same_host.folder import Folder, remove
from dj_queue.portable.same_host.identity import Place, key_of, place_of
from dj_queue.portable.same_host.message import pack
from dj_queue.portable.same_host.roster import Roster


class Audience:
    """The listeners of one kind for one database. To wake those that it does not concern would take their time."""

    def __init__(self, database: DatabaseInfo, kind: str) -> None:
        """Know of nobody yet."""
        self._database = database
        self._kind = kind
        self._roster = Roster()
        self._key: tuple[Place | None, str] = (None, "")

    def tell(self, folder: Folder, queues: Collection[str]) -> None:
        """One datagram to each.

        Raises:
            OSError: no more files can be opened.
        """
        sockets = self._roster.sockets(folder, self.key())
        if sockets:
            _send(pack(queues), sockets)

    def key(self) -> str:
        """What the names of its sockets begin with."""
        place = place_of(self._database)
        known, key = self._key
        if place != known:
            key = key_of(self._database, place, self._kind)
            self._key = (place, key)
        return key


class Audiences:
    """The two kinds of them for one database."""

    def __init__(self, database: DatabaseInfo) -> None:
        """Know of nobody yet."""
        self._workers = Audience(database, "workers")
        self._dispatchers = Audience(database, "dispatchers")

    def tell(self, folder: Folder, queues: Collection[str]) -> None:
        """Tell each what concerns it; nobody is told of nothing.

        Raises:
            OSError: no more files can be opened.
        """
        ready = [queue for queue in queues if queue != SCHEDULED]
        if ready:
            self._workers.tell(folder, ready)
        if len(ready) < len(queues):
            self._dispatchers.tell(folder, [SCHEDULED])

    def of(self, selectors: Sequence[Selector]) -> Audience:
        """The one that a listener with these selectors belongs to."""
        return self._dispatchers if are_for_dispatchers(selectors) else self._workers


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
