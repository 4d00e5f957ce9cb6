"""Which attempts a process has started: shared memory that outlives it, read by its supervisor."""

import mmap
import struct
from collections.abc import Iterator
from uuid import UUID

SLOT = struct.Struct("=16sB")
STATE_AT = 16
FREE, RUNNING, ENDED = range(3)
EMPTY = SLOT.pack(b"", FREE)
SLOTS = 4096


class StartedBoard:
    """Made before the fork. The child writes a job's id before its first line runs and wipes it once recorded."""

    def __init__(self) -> None:
        """Map anonymous shared memory: no file, gone with its last process."""
        self._memory = mmap.mmap(-1, SLOT.size * SLOTS)
        self._free = list(range(SLOTS))

    def write(self, job_id: UUID) -> int | None:
        """Note that this job starts; returns its slot, None when the board is full."""
        try:
            slot = self._free.pop()
        except IndexError:
            return None
        SLOT.pack_into(self._memory, slot * SLOT.size, job_id.bytes, RUNNING)
        return slot

    def end(self, slot: int | None) -> None:
        """Note that the job in this slot ended: its process may die from now on without any fault of its own."""
        if slot is not None:
            self._memory[slot * SLOT.size + STATE_AT] = ENDED

    def wipe(self, slot: int | None) -> None:
        """Forget the job in this slot: its outcome is recorded."""
        if slot is None:
            return
        start = slot * SLOT.size
        self._memory[start : start + SLOT.size] = EMPTY
        self._free.append(slot)

    def started(self) -> frozenset[UUID]:
        """The jobs that were started and not recorded."""
        return frozenset(job_id for job_id, _ in self._jobs())

    def ended(self) -> frozenset[UUID]:
        """Those of them that had ended."""
        return frozenset(job_id for job_id, state in self._jobs() if state == ENDED)

    def close(self) -> None:
        """Unmap the memory."""
        self._memory.close()

    def _jobs(self) -> Iterator[tuple[UUID, int]]:
        for raw, state in SLOT.iter_unpack(self._memory[:]):
            if state != FREE:
                yield UUID(bytes=raw), state
