"""Wakeups: hints that work may be there. Never the truth: polling is."""

from collections.abc import Collection, Sequence
from typing import Protocol

from dj_queue.contract.selectors import Selector

SCHEDULED = "*scheduled"
"""Announced in place of a queue, which nobody can call so: a job was scheduled, due before dispatchers look again.

A selector of this exact name hears it, no prefix does.
"""


def are_for_dispatchers(selectors: Sequence[Selector]) -> bool:
    """Whether a listener with these selectors is a dispatcher's: it hears of `SCHEDULED` jobs alone."""
    return all(selector.name == SCHEDULED for selector in selectors)


class Listener(Protocol):
    """One waiting side. Owned by one thread, except for `close`, which any thread may call."""

    def wait(self, timeout: float) -> bool:
        """Block until a hint or `timeout` seconds; True for a hint. Connects when it has to.

        Raises:
            Exception: the hint channel broke; the caller logs it, waits and calls again.
        """
        ...

    def close(self) -> None:
        """Stop listening; a `wait` under way returns soon."""
        ...


class WakeupTransport(Protocol):
    """One way to tell waiting processes that jobs arrived. Several may serve one alias."""

    name: str
    hears_every_host: bool
    """Whether listeners hear of every job, wherever it was enqueued: while one does, polls come less often."""

    def announce(self, queues: Collection[str]) -> None:
        """Tell listeners that these queues, or `SCHEDULED`, got jobs. Called after commit, outside any transaction."""
        ...

    def listen(self, selectors: Sequence[Selector]) -> Listener | None:
        """A listener for these queues, or for `SCHEDULED`; None where this transport has nothing to wait on.

        What is announced after this returned gives a hint, also before the first `wait`.
        """
        ...
