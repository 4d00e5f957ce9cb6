"""A zone's wall clock against real time: its changes, what it skips and what it shows twice.

Instants are aware datetimes in UTC, walls are naive datetimes; both in whole seconds.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def offset_at(zone: ZoneInfo, instant: datetime) -> timedelta:
    """How far the zone's clock is ahead of UTC."""
    return instant.astimezone(zone).utcoffset() or timedelta()


def wall_at(zone: ZoneInfo, instant: datetime) -> datetime:
    """What the zone's clock shows."""
    return instant.astimezone(zone).replace(tzinfo=None)


def highest_wall(zone: ZoneInfo, instant: datetime) -> datetime:
    """The latest time shown so far: ahead of the clock while an hour is shown again."""
    local = instant.astimezone(zone)
    if local.fold == 0:
        return local.replace(tzinfo=None)
    first_pass = local.replace(fold=0).astimezone(UTC)
    return wall_at(zone, _change_between(zone, first_pass, instant) - SECOND)


def first_instant(zone: ZoneInfo, wall: datetime) -> datetime | None:
    """When the clock first shows `wall` or has jumped over it; None for a date it never has."""
    instant = wall.replace(tzinfo=zone).astimezone(UTC)
    if wall_at(zone, instant) == wall:
        return instant
    change = _change_between(zone, wall.replace(tzinfo=zone, fold=1).astimezone(UTC), instant)
    midnight = datetime.combine(wall, time())
    jumps_from = wall_at(zone, change - SECOND) + SECOND
    jumps_to = wall_at(zone, change)
    return None if jumps_from <= midnight and jumps_to >= midnight + DAY else change


def first_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The first instant in (after, until] that has another offset than `after`."""
    offset = offset_at(zone, after)
    while after < until:
        ahead = min(after + DAY, until)
        if offset_at(zone, ahead) != offset:
            return _change_between(zone, after, ahead)
        after = ahead
    return None


def last_change(zone: ZoneInfo, after: datetime, until: datetime) -> datetime | None:
    """The instant in (after, until] since which the offset is that of `until`."""
    offset = offset_at(zone, until)
    while until > after:
        behind = max(until - DAY, after)
        if offset_at(zone, behind) != offset:
            return _change_between(zone, behind, until)
        until = behind
    return None


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    offset = offset_at(zone, before)
    while after - before > SECOND:
        middle = before + (after - before) // SECOND // 2 * SECOND
        if offset_at(zone, middle) == offset:
            before = middle
        else:
            after = middle
    return after
