"""What a supervisor and an actor tell each other without the database: who registered, who is vouched for, who makes way."""

import mmap
import struct
import time

FLAG = struct.Struct("=?")
RENEWED = struct.Struct("=d")
REGISTERED_AT, AT_WORK_AT, MAKES_WAY_AT = 0, 1, 2
RENEWED_AT = 8


class Vouching:
    """Shared memory, made before the fork. The actor says that it registered; the supervisor, each heartbeat it got through.

    An actor without heartbeats for the alive threshold may have been given up by other nodes: what it claims
    from then on, they take from it. It claims nothing until its supervisor is heard again.
    """

    def __init__(self) -> None:
        """Nobody registered, nothing renewed."""
        self._memory = mmap.mmap(-1, mmap.PAGESIZE)

    def register(self) -> None:
        """By the actor: its row is written, which is its first heartbeat."""
        self.renew()
        self._set(REGISTERED_AT, to=True)

    def leave(self) -> None:
        """By the actor: it is about to delete its row itself."""
        self._set(REGISTERED_AT, to=False)
        self._set(AT_WORK_AT, to=False)

    def is_registered(self) -> bool:
        """Whether the actor should have a row: only then a missing one means that others gave it up."""
        return self._is_set(REGISTERED_AT)

    def begin_work(self) -> None:
        """By the actor: its threads run, and its loop begins."""
        self._set(AT_WORK_AT, to=True)

    def is_at_work(self) -> bool:
        """Whether the actor came so far, and has not ended in order."""
        return self._is_set(AT_WORK_AT)

    def ask_to_make_way(self) -> None:
        """By the supervisor: take nothing more on, end what runs, however long that takes."""
        self._set(MAKES_WAY_AT, to=True)

    def is_asked_to_make_way(self) -> bool:
        """Whether the supervisor asked that."""
        return self._is_set(MAKES_WAY_AT)

    def renew(self) -> None:
        """By the supervisor: a heartbeat for this actor is written."""
        RENEWED.pack_into(self._memory, RENEWED_AT, time.monotonic())

    def silence(self) -> float:
        """Seconds since the last heartbeat."""
        renewed: float = RENEWED.unpack_from(self._memory, RENEWED_AT)[0]
        return time.monotonic() - renewed

    def _set(self, place: int, *, to: bool) -> None:
        FLAG.pack_into(self._memory, place, to)

    def _is_set(self, place: int) -> bool:
        flag: bool = FLAG.unpack_from(self._memory, place)[0]
        return flag

    def close(self) -> None:
        """Unmap the memory."""
        self._memory.close()
