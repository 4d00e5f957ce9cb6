"""When a recurring task fires: a cron expression on a zone's wall clock, as instants in UTC.

The rules are those of Vixie cron. An expression whose minute or hour field has a `*` follows real
time: it fires whenever the clock shows a fitting time, again in an hour that the clock shows twice,
and not for times that it skips. Any other has fixed times, once a local day: of a time shown twice
the first counts, a time jumped over fires at once after the jump, and a date that the zone never
had has none. A day fits when date and weekday do; when neither of these fields has a `*`, one of
them is enough.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from django.conf import settings

from dj_queue.cron.expression import check_zone, read_fields, split_zone
from dj_queue.cron.fields import CronFields
from dj_queue.cron.local_clock import (
    DAY,
    SECOND,
    first_change,
    first_instant,
    highest_wall,
    last_change,
    offset_at,
    wall_at,
)


@dataclass(frozen=True, slots=True)
class CronSchedule:
    """Five fields, six with seconds first, or a preset such as `@daily`; an IANA zone may follow.

    The zone written in the expression wins over `time_zone`; without either, `settings.TIME_ZONE`
    holds, read at each use.
    """

    expression: str
    """As written, without its zone."""
    time_zone: str | None = None
    _fields: CronFields = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Read the expression.

        Raises:
            ValueError: it is not readable, never fires or names an unknown zone.
        """
        time_zone = check_zone(self.time_zone) if self.time_zone else None
        expression, suffix = split_zone(self.expression)
        object.__setattr__(self, "expression", expression)
        object.__setattr__(self, "time_zone", suffix or time_zone)
        object.__setattr__(self, "_fields", read_fields(expression))

    def __str__(self) -> str:
        return f"{self.expression} {self.time_zone}" if self.time_zone else self.expression

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clock the expression is read on."""
        return ZoneInfo(self.time_zone or settings.TIME_ZONE)

    def next_after(self, moment: datetime) -> datetime:
        """The first slot after `moment`, in UTC.

        Raises:
            ValueError: `moment` is naive, or the calendar ends before the next slot.
        """
        after = _whole_second(moment)
        slot = self._next_real(after) if self._fields.follows_real_time else self._next_fixed(after)
        if slot is None:
            raise ValueError(f"the cron expression {self.expression!r} has no slot after {moment}")
        return slot

    def latest_between(self, start: datetime, end: datetime) -> datetime | None:
        """The last slot after `start` and not after `end`, in UTC.

        Raises:
            ValueError: `start` or `end` is naive.
        """
        after, until = _whole_second(start), _whole_second(end)
        latest = self._latest_real if self._fields.follows_real_time else self._latest_fixed
        return latest(after, until)

    def slots_between(self, start: datetime, end: datetime, limit: int) -> list[datetime]:
        """The slots after `start` and not after `end`, oldest first; of many the latest `limit`.

        Raises:
            ValueError: `start` or `end` is naive.
        """
        slots: list[datetime] = []
        while len(slots) < limit and (slot := self.latest_between(start, end)) is not None:
            slots.append(slot)
            end = slot - SECOND
        return slots[::-1]

    def _next_fixed(self, after: datetime) -> datetime | None:
        zone = self.zone
        wall = highest_wall(zone, after) + SECOND
        while (found := self._fields.first_from(wall)) is not None:
            slot = first_instant(zone, found)
            if slot is not None and slot > after:
                return slot
            wall = datetime.combine(found, time()) + DAY if slot is None else found + SECOND
        return None

    def _latest_fixed(self, after: datetime, until: datetime) -> datetime | None:
        zone = self.zone
        wall = highest_wall(zone, until)
        while (found := self._fields.last_until(wall)) is not None:
            slot = first_instant(zone, found)
            if slot is not None and slot <= until:
                return slot if slot > after else None
            wall = (datetime.combine(found, time()) if slot is None else found) - SECOND
        return None

    def _next_real(self, after: datetime) -> datetime | None:
        zone = self.zone
        begin = after + SECOND
        while (found := self._fields.first_from(wall_at(zone, begin))) is not None:
            slot = found.replace(tzinfo=UTC) - offset_at(zone, begin)
            change = first_change(zone, begin, slot)
            if change is None:
                return slot
            begin = change
        return None

    def _latest_real(self, after: datetime, until: datetime) -> datetime | None:
        zone = self.zone
        while until > after and (found := self._fields.last_until(wall_at(zone, until))) is not None:
            slot = found.replace(tzinfo=UTC) - offset_at(zone, until)
            change = last_change(zone, max(slot, after), until)
            if change is None:
                return slot if slot > after else None
            until = change - SECOND
        return None


def _whole_second(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"{moment} has no time zone; schedules need aware datetimes")
    return moment.astimezone(UTC).replace(microsecond=0)
