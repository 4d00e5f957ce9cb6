"""Signals of a process of its own: TERM, INT and HUP ask for an orderly end, QUIT for an immediate one."""

import contextlib
import os
import select
import signal
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Self


def _known(*names: str) -> tuple[signal.Signals, ...]:
    """Those of these signals that the platform has."""
    return tuple(getattr(signal, name) for name in names if hasattr(signal, name))


ORDERLY = _known("SIGTERM", "SIGINT", "SIGHUP")
IMMEDIATE = _known("SIGQUIT")
WAKING = _known("SIGCHLD")
HANDLED = frozenset(ORDERLY + IMMEDIATE + WAKING)
UNLESS_IGNORED = frozenset(_known("SIGHUP"))
"""Left alone where the process was started with them ignored: `nohup` means it."""


class Signals:
    """Installs handlers that only note the signal, and a pipe that wakes the main thread, which then acts on it.

    A handler runs between two lines of the main thread, which may hold the very lock that stopping needs.
    """

    def __init__(self, stop: Callable[[], None], stop_now: Callable[[], None]) -> None:
        """Call `stop` for TERM, INT and HUP, `stop_now` for QUIT, from `wait`."""
        self._stop = stop
        self._stop_now = stop_now
        self._noted: deque[int] = deque()
        self._before: dict[int, object] = {}
        self._read = self._write = -1

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        for number in HANDLED:
            if number in UNLESS_IGNORED and signal.getsignal(number) is signal.SIG_IGN:
                continue
            self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self.forget()

    def wait(self, timeout: float, *also: int) -> None:
        """Sleep until a signal, a `wake` or input on one of the descriptors `also`; act on the signals that came.

        Called by the main thread; `timeout` is the longest sleep in seconds.
        """
        ready, _, _ = select.select([self._read, *also], [], [], timeout)
        if self._read in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._read, 4096)
        while self._noted:
            number = self._noted.popleft()
            if number in IMMEDIATE:
                self._stop_now()
            elif number in ORDERLY:
                self._stop()

    def wake(self) -> None:
        """End a `wait` under way, or the next one. Safe from any thread."""
        with contextlib.suppress(OSError):
            os.write(self._write, b"\0")

    def be_last(self) -> None:
        """Have them ignored from the exit on: this process ends then, which is all that they could ask for."""
        self._before |= dict.fromkeys(ORDERLY + IMMEDIATE, signal.SIG_IGN)

    def forget(self) -> None:
        """Close the pipe; in a forked child, which installs its own."""
        for descriptor in (self._read, self._write):
            if descriptor >= 0:
                os.close(descriptor)
        self._read = self._write = -1

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._noted.append(number)


@contextmanager
def held_back() -> Iterator[None]:
    """Signals that come meanwhile wait; in a process forked here until it calls `let_through`."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_through() -> None:
    """Deliver the signals that `held_back` kept."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
