"""The lifeline: a pipe that closes when the supervisor dies, however it dies."""

import os
import select


class Lifeline:
    """Made by the supervisor, which keeps the writing end; children watch for its end of file."""

    def __init__(self) -> None:
        """Open the pipe."""
        self._read, self._write = os.pipe()

    def hold(self) -> int:
        """In a child: keep the reading end alone; returns its descriptor, readable once the supervisor is gone."""
        os.close(self._write)
        self._write = -1
        return self._read

    def is_cut(self) -> bool:
        """In a child: whether the supervisor is gone."""
        ready, _, _ = select.select([self._read], [], [], 0)
        return bool(ready)

    def close(self) -> None:
        """In the supervisor: close both ends."""
        os.close(self._read)
        os.close(self._write)
