"""Showing the options: every value with its source, for `manage.py dj_queue --show-config`."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from dj_queue.config.merge import Merged, Path, spell
from dj_queue.config.options import Options, RecurringOptions
from dj_queue.contract import Selector

SECRET = ("args", "kwargs", "plugin_options")
"""Options whose values may hold passwords."""
NOT_SHOWN = "(not shown)"


@dataclass(frozen=True, slots=True)
class Shown:
    """One option as an operator sees it."""

    path: str
    value: str
    source: str


def describe(merged: Merged, options: Options) -> list[Shown]:
    """Every option with its value and the layer it came from."""
    return [
        Shown(spell("", path), _text(value), _source(merged, path)) for path, value in _leaves(options, ())
    ]


def render(merged: Merged, options: Options) -> str:
    """The options as aligned columns of plain text."""
    rows = describe(merged, options)
    width = max(len(row.path) for row in rows)
    value_width = min(40, max(len(row.value) for row in rows))
    return "\n".join(f"{row.path:<{width}}  {row.value:<{value_width}}  {row.source}" for row in rows)


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    for field in fields(value):
        if field.name == "values" or (isinstance(value, RecurringOptions) and field.name == "key"):
            continue
        content = getattr(value, field.name)
        if field.name in SECRET and content:
            content = NOT_SHOWN
        yield from _branch(content, (*path, field.name))


def _branch(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, tuple) and value and is_dataclass(value[0]) and not isinstance(value[0], Selector):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, item.key if isinstance(item, RecurringOptions) else index))
    elif is_dataclass(value) and type(value).__module__ == Options.__module__:
        yield from _leaves(value, path)
    else:
        yield path, value


def _source(merged: Merged, path: Path) -> str:
    source = merged.source_of(path)
    if source is None or not _is_given(merged.values, path):
        return "default"
    return source.name


def _is_given(values: Any, path: Path) -> bool:
    for part in path:
        try:
            values = values[part]
        except (LookupError, TypeError):
            return False
    return True


def _text(value: Any) -> str:
    if isinstance(value, tuple | dict):
        text = ", ".join(map(str, value)) or "none"
    elif callable(value):
        text = f"{value.__module__}.{getattr(value, '__qualname__', repr(value))}"
    else:
        text = str(value)
    return text if text and text.isprintable() else repr(text)
