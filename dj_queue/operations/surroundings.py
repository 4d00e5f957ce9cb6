"""What is wrong around a queue: clocks that differ, and transactions that keep its tables from being cleaned up."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dj_queue.operations.anomaly import Anomaly, Kind
from dj_queue.services import Services

MOST_SKEW = 2.0
"""Seconds that two clocks may differ."""


def clock_skew(services: Services) -> Iterator[Anomaly]:
    """A database whose clock is surely further from this host's than a question and its answer take."""
    asked = datetime.now(UTC)
    answer = services.dialect.now()
    answered = datetime.now(UTC)
    ahead = (answer - answered).total_seconds()
    behind = (asked - answer).total_seconds()
    if max(ahead, behind) <= MOST_SKEW:
        return
    way = "ahead of" if ahead > behind else "behind"
    text = (
        f"the clock of database {services.database.alias!r} is {max(ahead, behind):.0f} s {way} this host's"
    )
    yield Anomaly(Kind.CLOCK_SKEW, services.database.alias, text)


def old_reader(services: Services, stuck_after: float) -> Iterator[Anomaly]:
    """The transaction that has kept old row versions the longest: claims and finishes leave one each."""
    oldest = services.dialect.oldest_reader()
    if oldest is None or oldest.seconds <= stuck_after:
        return
    text = f"{oldest.holder} has kept old row versions from being cleaned up for {oldest.seconds:.0f} s"
    yield Anomaly(Kind.OLD_READER, oldest.holder, text)
