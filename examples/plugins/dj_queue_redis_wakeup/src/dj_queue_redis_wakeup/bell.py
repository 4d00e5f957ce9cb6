"""When a listener rings: for the first news at once, for those of a burst together, and once more after the last."""

NEVER = float("inf")


class Bell:
    """Announcers stay quiet for a moment after each announcement, so what is heard may stand for more to come."""

    def __init__(self, quiet: float) -> None:
        """Ring again `quiet` seconds after news, for what their sender did not announce."""
        self._quiet = quiet
        self._heard_at = -NEVER
        self.rings_at = NEVER

    def hear(self, now: float) -> None:
        """There is news. Where a ring is due soon, that one tells of them."""
        self._heard_at = now
        if self.rings_at == NEVER:
            self.rings_at = now

    def rings(self, now: float) -> bool:
        """Whether it rings, once for each time that is due."""
        if now < self.rings_at:
            return False
        again = self._heard_at + self._quiet
        self.rings_at = again if again > now else NEVER
        return True
