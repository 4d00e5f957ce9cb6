"""A slow, separate reading of cron: walks every minute and looks at the clock."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
MINUTE = timedelta(minutes=1)


def allowed(text, low, high):
    values = set()
    for item in text.split(","):
        span, _, step = item.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (int(end) for end in span.split("-"))
        else:
            first, last = int(span), (high if step else int(span))
        values.update(range(first, last + 1, int(step or 1)))
    return values


class Oracle:
    def __init__(self, expression):
        self.words = expression.split()
        self.sets = [allowed(word, *bounds) for word, bounds in zip(self.words, BOUNDS, strict=True)]
        self.is_wild = "*" in self.words[0] or "*" in self.words[1]

    def fits(self, wall):
        minutes, hours, days, months, weekdays = self.sets
        if wall.minute not in minutes or wall.hour not in hours or wall.month not in months:
            return False
        by_date = wall.day in days
        by_weekday = wall.isoweekday() in weekdays or wall.isoweekday() % 7 in weekdays
        if "*" in self.words[2] or "*" in self.words[4]:
            return by_date and by_weekday
        return by_date or by_weekday

    def slots(self, walk):
        """The slots of a walk: pairs of an instant and the wall time then, minute by minute."""
        if self.is_wild:
            return [instant for instant, wall in walk if self.fits(wall)]
        dates = {wall.date() for _, wall in walk}
        highest = walk[0][1] - MINUTE
        found = []
        for instant, wall in walk:
            reached = []
            while highest < wall:
                highest += MINUTE
                reached.append(highest)
            if any(self.fits(passed) and passed.date() in dates for passed in reached):
                found.append(instant)
        return found


def walk_of(zone_name, start, end):
    zone = ZoneInfo(zone_name)
    walk = []
    while start <= end:
        walk.append((start, start.astimezone(zone).replace(tzinfo=None)))
        start += MINUTE
    return walk


@cache
def changes_of(zone_name, first_year, last_year):
    """The hours in which the zone's offset changes, found by looking at every hour."""
    zone = ZoneInfo(zone_name)
    hour = datetime(first_year, 1, 1, tzinfo=UTC)
    offset = hour.astimezone(zone).utcoffset()
    found = []
    while hour.year <= last_year:
        hour += timedelta(hours=1)
        now = hour.astimezone(zone).utcoffset()
        if now != offset:
            found.append(hour)
        offset = now
    return found
