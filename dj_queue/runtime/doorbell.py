"""What an idle loop waits on: rung by wakeup listeners, freed slots and stop requests."""

import threading
from contextlib import suppress


class Doorbell:
    """One waiting thread, many that ring. A hint means that new work may be there; a plain ring only wakes."""

    def __init__(self) -> None:
        """Be silent."""
        # Open while it rings. An Event does the same in Python, and takes longer to wake who waits.
        self._silence = threading.Lock()
        self._silence.acquire()
        self._hint = False

    def ring(self) -> None:
        """Wake the waiting thread."""
        if self._silence.locked():
            with suppress(RuntimeError):  # Another one rang just now.
                self._silence.release()

    def hint(self) -> None:
        """Wake the waiting thread and say that work may have arrived."""
        self._hint = True
        self.ring()

    def wait(self, timeout: float) -> bool:
        """Wait for a ring, `timeout` seconds at most; True when there was a hint since the last wait."""
        self._silence.acquire(timeout=timeout)
        is_hinted = self._hint
        if is_hinted:
            self._hint = False
        return is_hinted
