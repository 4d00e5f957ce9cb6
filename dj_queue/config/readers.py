"""Readers: each takes a raw value and gives the option's, or raises ValueError saying what would be right."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf
from pathlib import Path
from typing import Any

from django.utils.module_loading import import_string

from dj_queue.contract import Selector, parse_selector
from dj_queue.contract.names import check_queue_name

type Reader = Callable[[Any], Any]

LARGEST = 2**31 - 1
LONGEST = 10 * 365 * 86400.0


def whole(least: int, most: int = LARGEST) -> Reader:
    """A whole number from `least` to `most`."""

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"{value!r} is not a whole number")
        if not least <= value <= most:
            upto = f"from {least} to {most}" if most != LARGEST else f"of at least {least}"
            raise ValueError(f"{value} is not allowed; use a whole number {upto}")
        return value

    return read


def seconds(value: Any) -> float:
    """Seconds above 0."""
    number = _number(value)
    if not 0 < number <= LONGEST:
        raise ValueError(f"{value!r} is not allowed; use seconds above 0")
    return number


def seconds_or_zero(value: Any) -> float:
    """Seconds, 0 included."""
    number = _number(value)
    if not 0 <= number <= LONGEST:
        raise ValueError(f"{value!r} is not allowed; use seconds of at least 0")
    return number


def flag(value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither True nor False")
    return value


def text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a string")
    return value


def name(value: Any) -> str:
    """A string that is not empty."""
    if not text(value):
        raise ValueError("the text is empty")
    return str(value)


def absolute_path(value: Any) -> str:
    """The same place wherever a process was started."""
    if not Path(name(value)).is_absolute():
        raise ValueError(f"{value!r} is not an absolute path, such as '/run/shop'")
    return str(value)


def one_of(*allowed: str) -> Reader:
    """One of these words."""

    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is not allowed; use one of {', '.join(map(repr, allowed))}")
        return str(value)

    return read


def or_none(reader: Reader) -> Reader:
    """None, or what `reader` reads."""
    return lambda value: None if value is None else reader(value)


def names(value: Any) -> tuple[str, ...]:
    """A list of strings."""
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is not a list of names")
    return tuple(_each(value, name))


def parts_of_keys(value: Any) -> tuple[str, ...]:
    """A list of strings with letters or digits: without any, one would be part of every key."""
    parts = names(value)
    for index, part in enumerate(parts):
        if not any(map(str.isalnum, part)):
            raise ValueError(f"item {index}: {part!r} has no letters or digits")
    return parts


def mapping(value: Any) -> dict[str, Any]:
    """A mapping with string keys."""
    if not isinstance(value, Mapping):
        raise ValueError(f"{value!r} is not a mapping")
    for key in value:
        if not isinstance(key, str):
            raise ValueError(f"the key {key!r} is not a string")
    return dict(value)


def selectors(value: Any) -> tuple[Selector, ...]:
    """Queue selectors: one string (commas separate), or a list of strings."""
    parts = [part.strip() for part in value.split(",")] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not parts:
        raise ValueError(
            f"{value!r} is not a queue selector or a list of them; use '*', 'email*' or ['email', '*']"
        )
    return tuple(_each(parts, _selector))


def function(value: Any) -> Callable[..., Any]:
    """A callable, or the dotted path of one."""
    if isinstance(value, str):
        try:
            value = import_string(value)
        except Exception as error:
            raise ValueError(f"{value!r} cannot be imported: {error}") from error
    if not callable(value):
        raise ValueError(f"{value!r} is neither callable nor the dotted path of a callable")
    found: Callable[..., Any] = value
    return found


def queue_name(value: Any) -> str:
    """The name of a queue."""
    return check_queue_name(value)


def task_path(value: Any) -> str:
    """The dotted path of a task."""
    parts = text(value).split(".")
    if len(parts) < 2 or not all(part.isidentifier() for part in parts) or len(value) > 255:
        raise ValueError(f"{value!r} is not the dotted path of a task, such as 'myapp.tasks.cleanup'")
    return str(value)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is not a number of seconds")
    try:
        return float(value)
    except OverflowError:
        return inf


def _each(values: Iterable[Any], reader: Reader) -> Iterator[Any]:
    for index, value in enumerate(values):
        try:
            yield reader(value)
        except ValueError as error:
            raise ValueError(f"item {index}: {error}") from None


def _selector(part: Any) -> Selector:
    selector = parse_selector(text(part))
    if selector.name:
        check_queue_name(selector.name)
    return selector
