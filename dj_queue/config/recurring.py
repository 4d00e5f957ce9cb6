"""Recurring tasks: one entry of the `recurring` option, or one made at run time, by the same rules."""

from collections.abc import Iterator, Mapping
from typing import Any

from dj_queue.config import readers as read
from dj_queue.config.merge import Path, spell
from dj_queue.config.options import MEBIBYTE, RecurringOptions
from dj_queue.config.sections import Problem, Table, read_table
from dj_queue.contract import PayloadError
from dj_queue.contract.payload import check_payload, dump_payload, normalize
from dj_queue.contract.payload_reader import is_storable
from dj_queue.cron import CronSchedule
from dj_queue.exceptions import ConfigurationError

CATCH_UP = ("none", "last", "all")
REQUIRED = ("task_path", "schedule")
MAX_KEY = 255


def _args(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a list of arguments")
    _check(list(value), "args")
    return tuple(normalize(list(value)))


def _kwargs(value: Any) -> dict[str, Any]:
    values = read.mapping(value)
    _check(values, "kwargs")
    return dict(normalize(values))


def _description(value: Any) -> str:
    if not is_storable(read.text(value)):
        raise ValueError(f"{value!r} has NUL or half characters")
    return str(value)


ENTRY: Table = {
    "task_path": read.task_path,
    "schedule": read.text,
    "time_zone": read.or_none(read.name),
    "args": _args,
    "kwargs": _kwargs,
    "queue_name": read.queue_name,
    "priority": read.whole(-100, 100),
    "description": _description,
    "catch_up": read.one_of(*CATCH_UP),
}


def read_recurring(
    value: Any, problems: list[Problem], max_payload_bytes: int = MEBIBYTE
) -> tuple[RecurringOptions, ...]:
    """The `recurring` option: a mapping of keys to entries, whose jobs may have payloads of this size."""
    if not isinstance(value, Mapping):
        problems.append((("recurring",), f"{value!r} is not a mapping of keys to recurring tasks"))
        return ()
    entries = [_entry(key, entry, ("recurring", key), problems) for key, entry in value.items()]
    sound = tuple(entry for entry in entries if entry is not None)
    for entry in sound:
        problems += _oversized(entry, ("recurring", entry.key), max_payload_bytes)
    return sound


def parse_recurring(key: str, values: Mapping[str, Any], where: str) -> RecurringOptions:
    """A recurring task made at run time; `where` is how messages call it.

    Raises:
        ConfigurationError: something is wrong; every problem is named.
    """
    problems: list[Problem] = []
    entry = _entry(key, values, (), problems)
    if entry is None or problems:
        raise ConfigurationError([f"{spell(where, path)}: {text}" for path, text in problems])
    return entry


def _entry(key: Any, values: Any, path: Path, problems: list[Problem]) -> RecurringOptions | None:
    before = len(problems)
    if not isinstance(key, str) or not 0 < len(key) <= MAX_KEY or not is_storable(key):
        problems.append((path, f"the key {key!r} is not a text of 1 to {MAX_KEY} characters"))
    found = read_table(values, ENTRY, path, problems)
    problems += [
        ((*path, name), "it is missing")
        for name in REQUIRED
        if name not in found and name not in _given(values)
    ]
    schedule = _schedule(found, path, problems)
    if schedule is None or len(problems) > before:
        return None
    return RecurringOptions(key=key, schedule=schedule, **found)


def _schedule(found: dict[str, Any], path: Path, problems: list[Problem]) -> CronSchedule | None:
    expression, zone = found.pop("schedule", None), found.pop("time_zone", None)
    if expression is None:
        return None
    try:
        return CronSchedule(expression, zone)
    except ValueError as error:
        problems.append(((*path, "schedule"), str(error)))
        return None


def _oversized(entry: RecurringOptions, path: Path, limit: int) -> Iterator[Problem]:
    for name, value in (("args", list(entry.args)), ("kwargs", entry.kwargs)):
        try:
            dump_payload(value, name, limit)
        except PayloadError as error:
            yield (*path, name), str(error)


def _given(values: Any) -> frozenset[str]:
    return frozenset(values) if isinstance(values, Mapping) else frozenset(REQUIRED)


def _check(value: Any, where: str) -> None:
    try:
        check_payload(value, where)
    except PayloadError as error:
        raise ValueError(str(error)) from None
