"""Whether the other end is still there: connections die without a word."""

NEVER = float("inf")


class Pulse:
    """Asks after a silence, and gives up when no answer comes in time."""

    def __init__(self, silence: float, answer: float) -> None:
        """Ask after `silence` seconds; wait `answer` seconds."""
        self._silence = silence
        self._answer = answer
        self._asks_at = NEVER
        self._lost_at = NEVER

    @property
    def next_moment(self) -> float:
        """When there is something to do unless something is heard before."""
        return min(self._asks_at, self._lost_at)

    def ask(self, now: float) -> None:
        """Something was sent that has to be answered."""
        self._asks_at, self._lost_at = NEVER, now + self._answer

    def feel(self, now: float) -> None:
        """Something was heard."""
        self._asks_at, self._lost_at = now + self._silence, NEVER

    def asks(self, now: float) -> bool:
        """Whether it is time to ask."""
        return now >= self._asks_at

    def is_lost(self, now: float) -> bool:
        """Whether the answer did not come in time."""
        return now >= self._lost_at
