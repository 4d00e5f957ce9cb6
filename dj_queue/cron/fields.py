"""The times of a wall clock that a cron expression allows, found forwards and backwards."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, datetime

MONTHS_SEARCHED = 12 * 9
"""29 February stays away for eight years around a century that is no leap year."""

LAST = -1

type Reading = tuple[int, ...]
type Wheels = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class DayRule:
    """Which days of a month fit. Weekdays count from Sunday, 0."""

    month_days: frozenset[int]
    has_last_day: bool
    weekdays: frozenset[int]
    nth_weekdays: frozenset[tuple[int, int]]
    """(weekday, n): its first to fifth, or its last."""
    either: bool
    """Both fields are restricted: a day fits when one of them does, as crontab(5) has it."""

    def days_of(self, year: int, month: int) -> list[int]:
        """The fitting days of this month, in order."""
        first, length = monthrange(year, month)
        return [day for day in range(1, length + 1) if self._fits(day, (first + day) % 7, length)]

    def _fits(self, day: int, weekday: int, length: int) -> bool:
        by_date = day in self.month_days or (self.has_last_day and day == length)
        by_weekday = (
            weekday in self.weekdays
            or (weekday, (day + 6) // 7) in self.nth_weekdays
            or (day + 7 > length and (weekday, LAST) in self.nth_weekdays)
        )
        return (by_date or by_weekday) if self.either else (by_date and by_weekday)


@dataclass(frozen=True, slots=True)
class CronFields:
    """The values that each field allows. Walls are naive datetimes in whole seconds."""

    clock: Wheels
    """Hours, minutes, seconds, each in order."""
    months: frozenset[int]
    days: DayRule
    follows_real_time: bool
    """Whether the hour or the minute field has a `*`: fires as time passes, not once a day."""

    def first_from(self, wall: datetime) -> datetime | None:
        """The first fitting time at `wall` or after it; None when years hold none."""
        start = tuple(wheel[0] for wheel in self.clock)
        for year, month in _months(wall, 1):
            for day in self._days(year, month):
                if (year, month, day) < (wall.year, wall.month, wall.day):
                    continue
                is_today = (year, month, day) == (wall.year, wall.month, wall.day)
                time = _turn(self.clock, (wall.hour, wall.minute, wall.second)) if is_today else start
                if time is not None:
                    return _wall(year, month, day, time)
        return None

    def last_until(self, wall: datetime) -> datetime | None:
        """The last fitting time at `wall` or before it; None when years hold none."""
        end = tuple(wheel[-1] for wheel in self.clock)
        for year, month in _months(wall, -1):
            for day in reversed(self._days(year, month)):
                if (year, month, day) > (wall.year, wall.month, wall.day):
                    continue
                is_today = (year, month, day) == (wall.year, wall.month, wall.day)
                time = self._turn_back((wall.hour, wall.minute, wall.second)) if is_today else end
                if time is not None:
                    return _wall(year, month, day, time)
        return None

    def _days(self, year: int, month: int) -> list[int]:
        return self.days.days_of(year, month) if month in self.months else []

    def _turn_back(self, reading: Reading) -> Reading | None:
        mirrored = tuple(tuple(-value for value in reversed(wheel)) for wheel in self.clock)
        found = _turn(mirrored, tuple(-value for value in reading))
        return None if found is None else tuple(-value for value in found)


def _months(wall: datetime, step: int) -> Iterator[tuple[int, int]]:
    first = wall.year * 12 + wall.month - 1
    for count in range(first, first + step * MONTHS_SEARCHED, step):
        year, month = divmod(count, 12)
        if MINYEAR <= year <= MAXYEAR:
            yield year, month + 1


def _wall(year: int, month: int, day: int, time: Reading) -> datetime:
    hour, minute, second = time
    return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - a wall has no zone


def _turn(wheels: Wheels, reading: Reading) -> Reading | None:
    """The smallest reading that the wheels can show and that is not below `reading`."""
    if not wheels:
        return ()
    wheel = wheels[0]
    at = bisect_left(wheel, reading[0])
    if at < len(wheel) and wheel[at] == reading[0]:
        rest = _turn(wheels[1:], reading[1:])
        if rest is not None:
            return (wheel[at], *rest)
        at += 1
    if at == len(wheel):
        return None
    return (wheel[at], *(lower[0] for lower in wheels[1:]))
