"""Job ids: UUIDv7, made by the client, in the order they were made."""

import os
import struct
import threading
import time
from collections.abc import Callable
from uuid import UUID, SafeUUID

_COUNTER_BITS = 12
_COUNTER_MASK = (1 << _COUNTER_BITS) - 1
_RANDOM_MASK = (1 << 62) - 1
_VERSION_7 = 7 << 76
_VARIANT = 2 << 62
_set_int: Callable[[UUID, int], None] = UUID.__dict__["int"].__set__
_set_is_safe: Callable[[UUID, SafeUUID], None] = UUID.__dict__["is_safe"].__set__


class JobIds:
    """Makes ids that sort by age within a process: a 12-bit counter orders those of one millisecond.

    RFC 9562, method 1: the counter stands in rand_a; when it runs over, the timestamp is moved ahead. Both
    together are one number that only grows.
    """

    def __init__(self) -> None:
        """Start with no id made."""
        self._lock = threading.Lock()
        self._next = 0

    def make(self, count: int) -> list[UUID]:
        """`count` ids, each greater than every one made before by this object."""
        noise = struct.unpack(f"{count}Q", os.urandom(8 * count))
        with self._lock:
            first = max(self._next, time.time_ns() // 1_000_000 << _COUNTER_BITS)
            self._next = first + count
        return [_uuid(moment, random) for moment, random in enumerate(noise, first)]


def _uuid(moment: int, random: int) -> UUID:
    head = (moment & ~_COUNTER_MASK) << 68 | (moment & _COUNTER_MASK) << 64
    made = object.__new__(UUID)
    # What UUID's own __init__ would look for is known here.
    _set_int(made, head | _VERSION_7 | _VARIANT | random & _RANDOM_MASK)
    _set_is_safe(made, SafeUUID.unknown)
    return made


_ids = JobIds()


def make_ids(count: int) -> list[UUID]:
    """`count` new job ids in order."""
    return _ids.make(count)


def _start_over() -> None:
    """In a forked child: a lock that another thread held at the fork would never open."""
    global _ids  # noqa: PLW0603 - one per process
    _ids = JobIds()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)
