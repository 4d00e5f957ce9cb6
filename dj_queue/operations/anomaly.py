"""The anomaly: one state that a working queue is never in for long."""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What is wrong."""

    OWNERLESS = "ownerless"
    """Jobs are claimed by a process that has no row."""
    FREE_SLOT = "free slot"
    """Jobs of a concurrency key are blocked though a slot is free."""
    EXPIRED_SLOT = "expired slot"
    """A job that no worker takes keeps its slot past its time while others wait for it."""
    KEYLESS = "keyless"
    """A job waits for a slot of no key."""
    OVERDUE = "overdue"
    """Scheduled jobs are due and nobody promotes them."""
    UNSERVED = "unserved"
    """Jobs wait in a queue that no live worker selects."""
    IDLE_WORKER = "idle worker"
    """Jobs wait while a live worker has free threads."""
    STANDING_WORKER = "standing worker"
    """A live worker does not start what it holds."""
    FULL_WORKER = "full worker"
    """A live worker runs the same jobs for very long while others wait."""
    OLD_READER = "old reader"
    """A transaction keeps the database from cleaning up."""
    CLOCK_SKEW = "clock skew"
    """The database's clock is not this host's."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """One such state: two findings of one kind about one subject are the same."""

    kind: Kind
    subject: str
    text: str = field(compare=False)
