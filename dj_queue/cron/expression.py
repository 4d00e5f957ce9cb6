"""Reads the text of a cron expression: croniter expands the fields that the rules let through."""

import re
from datetime import MAXYEAR, datetime
from functools import lru_cache
from typing import NoReturn
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter

from dj_queue.cron.fields import LAST, CronFields, DayRule
from dj_queue.cron.rules import KINDS, WEEKDAYS, field_problem

MAX_LENGTH = 255
USAGE = "write five fields such as '0 3 * * *', six with seconds first, or a preset such as @daily"
PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
NOT_A_ZONE = re.compile(rf"[^a-z].*|[lhr]\W.*|[lhrw]\d*|(?:{'|'.join(WEEKDAYS)})(?:[-,/#].*)?")

PROBED_YEARS = 5
PROBES = (datetime(2001, 1, 1), datetime(2005, 1, 1))  # noqa: DTZ001 - walls have no zone
"""Each begins a stretch with one leap day; fixed, so that no verdict changes with time."""


def split_zone(text: str) -> tuple[str, str | None]:
    """The expression and the IANA zone written after it, if one is.

    Raises:
        ValueError: the text is too long, has strange characters, or names an unknown zone.
    """
    if len(text) > MAX_LENGTH:
        raise ValueError(f"a cron expression of {len(text)} characters is refused; use at most {MAX_LENGTH}")
    if not (text.isascii() and text.isprintable()):
        _refuse(text, f"it has control or non-ASCII characters; {USAGE}")
    words = text.split()
    fields = 1 if text.lstrip().startswith("@") else 5
    if len(words) <= fields or NOT_A_ZONE.fullmatch(words[-1].lower()):
        return " ".join(words), None
    return " ".join(words[:-1]), check_zone(words[-1])


def check_zone(name: str) -> str:
    """The name, when it is an IANA time zone that this machine knows.

    Raises:
        ValueError: it is not.
    """
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError, OSError):
        raise ValueError(
            f"{name!r} is no known time zone; use an IANA name such as 'Europe/Berlin'"
        ) from None


@lru_cache(maxsize=1024)
def read_fields(expression: str) -> CronFields:
    """The fields of an expression without a zone.

    Raises:
        ValueError: it is not readable or never fires.
    """
    words = PRESETS.get(expression.lower(), expression).lower().split()
    if len(words) == 5:
        words = ["0", *words]
    if len(words) != len(KINDS):
        _refuse(expression, USAGE)
    for kind, text in zip(KINDS, words, strict=True):
        problem = field_problem(kind, text)
        if problem:
            _refuse(expression, f"in the {kind.name} field, {problem}")
    fields = _expand(expression, words)
    if any(_years_until_first(fields, probe) >= PROBED_YEARS for probe in PROBES):
        reason = f"it has no fire time within {PROBED_YEARS} years; check its days and months"
        _refuse(expression, reason)
    return fields


def _years_until_first(fields: CronFields, probe: datetime) -> int:
    found = fields.first_from(probe)
    return MAXYEAR if found is None else found.year - probe.year


def _expand(expression: str, words: list[str]) -> CronFields:
    second, *rest = words
    try:
        # older versions of croniter take no weekday 7 beside seconds
        values, nth = croniter.expand(" ".join(rest))
        seconds = croniter.expand(f"{second} * * * *")[0][0]
    except CroniterError as error:
        _refuse(expression, str(error).partition("\n")[0])
    minutes, hours, month_days, months, weekdays, seconds = (
        range(low, high + 1) if "*" in allowed else sorted(value for value in allowed if value != "l")
        for allowed, (low, high) in zip([*values, seconds], croniter.RANGES, strict=False)
    )
    stars = ["*" in word or word == "?" for word in rest]
    return CronFields(
        clock=(tuple(hours), tuple(minutes), tuple(seconds)),
        months=frozenset(months),
        days=DayRule(
            month_days=frozenset(month_days),
            has_last_day="l" in values[2],
            weekdays=frozenset(weekdays) - frozenset(nth),
            nth_weekdays=frozenset((day, LAST if n == "l" else n) for day in nth for n in nth[day]),
            either=not stars[2] and not stars[4],
        ),
        follows_real_time=stars[0] or stars[1],
    )


def _refuse(expression: str, reason: str) -> NoReturn:
    raise ValueError(f"the cron expression {expression!r} is refused: {reason}")
