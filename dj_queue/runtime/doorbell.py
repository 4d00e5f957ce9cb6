"""What an idle loop waits on: rung by wakeup listeners, freed slots and stop requests."""

import threading


class Doorbell:
    """One waiting thread, many that ring. A hint means that new work may be there; a plain ring only wakes."""

    def __init__(self) -> None:
        """Be silent."""
        self._rung = threading.Event()
        self._hint = False

    def ring(self) -> None:
        """Wake the waiting thread."""
        # Who waits clears it first and looks afterwards: what is set already will do.
        if not self._rung.is_set():
            self._rung.set()

    def hint(self) -> None:
        """Wake the waiting thread and say that work may have arrived."""
        self._hint = True
        self.ring()

    def wait(self, timeout: float) -> bool:
        """Wait for a ring, `timeout` seconds at most; True when there was a hint since the last wait."""
        self._rung.wait(timeout)
        self._rung.clear()
        is_hinted = self._hint
        if is_hinted:
            self._hint = False
        return is_hinted
