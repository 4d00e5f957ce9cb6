"""The listening side: a datagram socket that rings for the queues it selects, at most once a few milliseconds."""

import os
import select
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from dj_queue.contract import Selector
from dj_queue.portable.same_host.folder import Folder, remove
from dj_queue.portable.same_host.message import MOST_BYTES, concerns

LOOKS_APART = 0.005
"""Seconds between looks at what arrived: a burst of announcements is one hint."""
CROWD = 8
"""Datagrams in one look with which some may have been turned away. Every kernel keeps so many of ours."""
MOST_AT_ONCE = 64


class SameHostListener:
    """Waits for announcements of the queues it selects. What it never reads is dropped by the kernel."""

    def __init__(self, folder: Folder, key: str, selectors: Sequence[Selector]) -> None:
        """Listen from now on.

        Args:
            folder: where to put the socket.
            key: the database's, as announcers know it.
            selectors: the queues that matter.

        Raises:
            OSError: there can be no socket.
        """
        self._folder = folder
        self._key = key
        self._selectors = tuple(selectors)
        self._process = os.getpid()
        self._next_look = 0.0
        self._waiting = threading.Lock()
        self._is_closed = False
        self._receiver, self._path = self._bind()
        self._wake, self._woken = socket.socketpair()
        self._poll = _poll(self._receiver, self._woken)

    def wait(self, timeout: float) -> bool:
        """See `dj_queue.contract.Listener.wait`."""
        with self._waiting:
            try:
                return self._wait(time.monotonic() + timeout)
            finally:
                if self._is_closed:
                    self._drop()

    def close(self) -> None:
        """See `dj_queue.contract.Listener.close`."""
        if self._is_closed:
            return
        self._is_closed = True
        self._leave()
        with suppress(OSError):  # Who waits may have dropped it just now.
            self._wake.send(b"x")
        # Who waits drops the socket itself.
        if self._waiting.acquire(blocking=False):
            self._drop()
            self._waiting.release()

    def _wait(self, deadline: float) -> bool:
        if not self._is_found() and not self._is_closed:
            self._receiver.close()
            self._receiver, self._path = self._bind()
            self._poll = _poll(self._receiver, self._woken)
            return True  # Nobody knows what was announced meanwhile.
        while not self._is_closed and self._is_reached(deadline):
            if (early := self._next_look - time.monotonic()) > 0:
                time.sleep(early)
            self._next_look = time.monotonic() + LOOKS_APART
            if self._hears():
                return True
        return False

    def _is_found(self) -> bool:
        """Whether announcers still find the socket: directories for temporary files are cleaned up."""
        return self._path.exists(follow_symlinks=False)

    def _is_reached(self, deadline: float) -> bool:
        """Wait until a datagram arrives; False when `close` was called or the time is over."""
        ready = self._poll.poll(max(0.0, deadline - time.monotonic()) * 1000)
        return bool(ready) and not self._is_closed

    def _hears(self) -> bool:
        """Read what has arrived; whether a selected queue was announced, or may have been."""
        heard, count = False, 0
        for count in range(MOST_AT_ONCE):
            try:
                datagram = self._receiver.recv(MOST_BYTES)
            except BlockingIOError:
                return heard or count >= CROWD
            heard = heard or concerns(datagram, self._selectors)
        return True

    def _bind(self) -> tuple[socket.socket, Path]:
        receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            receiver.settimeout(0)
            self._folder.open()
            return receiver, self._folder.bind(receiver, self._key)
        except BaseException:
            receiver.close()
            raise

    def _leave(self) -> None:
        """Be found no more; a fork of the process that listens leaves its name alone."""
        if os.getpid() == self._process:
            remove(self._path)

    def _drop(self) -> None:
        self._leave()
        for end in (self._receiver, self._wake, self._woken):
            end.close()


def _poll(*sockets: socket.socket) -> "select.poll":  # in quotes: not every platform has it
    """What waits for any of them, made once: to make one takes as long as to announce."""
    poll = select.poll()
    for waited in sockets:
        poll.register(waited, select.POLLIN)
    return poll
