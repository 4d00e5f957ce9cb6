"""What a cron field may say: refuses what nobody means and what croniter versions disagree on."""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Kind:
    """What one field may hold."""

    name: str
    low: int
    high: int
    names: dict[str, int] = field(default_factory=dict)
    special: str = ""
    """Items beside numbers, ranges and steps, as a regular expression."""
    usage: str = ""

    @property
    def last(self) -> int:
        """The highest value that is not another one's second name: Sunday is both 0 and 7."""
        return 6 if self.names is WEEKDAYS else self.high

    def number(self, word: str) -> int | None:
        """The value of a number or a name; None where it is neither or out of range."""
        if word in self.names:
            return self.names[word]
        return int(word) if word.isdigit() and self.low <= int(word) <= self.high else None


MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTHS = {name: number for number, name in enumerate(MONTH_NAMES, 1)}
WEEKDAY_NAMES = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
WEEKDAYS = {name: number for number, name in enumerate(WEEKDAY_NAMES)}
WEEKDAY = rf"[0-7]|{'|'.join(WEEKDAYS)}"
KINDS = (
    Kind("second", 0, 59),
    Kind("minute", 0, 59),
    Kind("hour", 0, 23),
    Kind("day-of-month", 1, 31, special="l", usage=", or L for the last day"),
    Kind("month", 1, 12, MONTHS, usage=", or names such as jan-mar"),
    Kind(
        "day-of-week",
        0,
        7,
        WEEKDAYS,
        special=rf"l[0-7]|(?:{WEEKDAY})#[1-5]",
        usage=", names such as mon-fri, mon#1 for a first Monday, L5 for a last Friday",
    ),
)
"""The fields in the order of six-field expressions."""

ITEM = re.compile(r"(?P<low>\*|[a-z]+|\d+)(?:-(?P<high>[a-z]+|\d+))?(?:/(?P<step>\d+))?")
RANDOM = re.compile(r"[hr](?:[(/].*)?")


def field_problem(kind: Kind, text: str) -> str | None:
    """Why one field, in lower case, is refused and what would be right; None when it is fine."""
    if text == "?" and kind.special:
        return None
    items = text.split(",")
    special = [bool(kind.special) and bool(re.fullmatch(kind.special, item)) for item in items]
    if kind.names and any(special) and not all(special):
        return f"{text!r} mixes plain weekdays with # or L; use one or the other"
    problems = (_item_problem(kind, item) for item, fine in zip(items, special, strict=True) if not fine)
    return next(filter(None, problems), None)


def _item_problem(kind: Kind, item: str) -> str | None:
    if RANDOM.fullmatch(item):
        return f"{item!r} is random or hashed and differs on each scheduler; write the value"
    match = ITEM.fullmatch(item)
    words = [] if match is None else [word for word in (match["low"], match["high"]) if word]
    numbers = [kind.number(word) for word in words if word != "*"]
    if match is None or None in numbers or (match["low"] == "*" and match["high"]):
        span = f"{kind.low}-{kind.high}"
        return f"{item!r} does not fit; use {span} in lists, ranges and steps{kind.usage}"
    bounds = [number for number in numbers if number is not None]
    if len(bounds) > 1 and bounds[0] == bounds[1]:
        return f"the range {item!r} has equal ends; write one number, or * for all"
    return _step_problem(kind, item, bounds, int(match["step"])) if match["step"] else None


def _step_problem(kind: Kind, item: str, bounds: list[int], step: int) -> str | None:
    size = kind.last - kind.low + 1
    if not 1 <= step <= size:
        return f"the step of {item!r} does not fit; use 1-{size}"
    if len(bounds) == 1 and bounds[0] >= kind.last:
        return f"the step of {item!r} is never taken; leave it out"
    if len(bounds) > 1 and (bounds[0] > bounds[1] or bounds[1] > kind.last):
        return f"{item!r} wraps around and has a step; write its values out"
    return None
