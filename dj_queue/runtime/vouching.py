"""What a supervisor and an actor tell each other without the database: who registered, who is vouched for."""

import mmap
import struct
import time

REGISTERED = struct.Struct("=B")
RENEWED = struct.Struct("=d")
REGISTERED_AT = 0
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
        REGISTERED.pack_into(self._memory, REGISTERED_AT, 1)

    def leave(self) -> None:
        """By the actor: it is about to delete its row itself."""
        REGISTERED.pack_into(self._memory, REGISTERED_AT, 0)

    def is_registered(self) -> bool:
        """Whether the actor should have a row: only then a missing one means that others gave it up."""
        return REGISTERED.unpack_from(self._memory, REGISTERED_AT) == (1,)

    def renew(self) -> None:
        """By the supervisor: a heartbeat for this actor is written."""
        RENEWED.pack_into(self._memory, RENEWED_AT, time.monotonic())

    def silence(self) -> float:
        """Seconds since the last heartbeat."""
        renewed: float = RENEWED.unpack_from(self._memory, RENEWED_AT)[0]
        return time.monotonic() - renewed

    def close(self) -> None:
        """Unmap the memory."""
        self._memory.close()
