"""How long this plugin waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """All in seconds."""

    announce: float = 0.4
    """For a connection, and for the answer to an announcement: who enqueues waits for both."""
    pause: float = 5.0
    """After an announcement that failed: none is tried, so that few enqueues wait for a Redis that hangs."""
    quiet: float = 0.02
    """After an announcement in which a process announces the same queue no more."""
    silence: float = 15.0
    """Without a word from Redis, after which a listener asks whether it is there."""
    answer: float = 5.0
    """For Redis to answer a listener; later it counts as lost."""
    look: float = 0.25
    """Between a waiting listener's looks whether it was closed."""
