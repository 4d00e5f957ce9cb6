"""What is kept of an attempt that did not end well: one entry of a job's `errors`."""

import json
import traceback
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from dj_queue.contract.payload import escape_text, truncate_middle

MAX_TRACEBACK = 64 * 1024
MAX_SUMMARY = 500
MAX_CLASS_PATH = 255
KEPT_TRACEBACKS = 10
"""Entries older than these keep their class and worker but lose their traceback."""


def entries(stored: Any) -> list[dict[str, Any]]:
    """The entries of a job's `errors` column; nothing of what is none, whoever wrote it there."""
    return [old for old in stored if isinstance(old, dict)] if isinstance(stored, list) else []


def entry(
    error: BaseException, attempt: int, process_id: UUID, hide: Callable[[str], str] = str
) -> dict[str, Any]:
    """The entry for an attempt that ended with `error`, its text as `hide` leaves it.

    Never raises, whatever the exception does.
    """
    return {
        "attempt": attempt,
        "worker": str(process_id),
        "class": class_path(error),
        "traceback": _format(error, hide),
        "at": datetime.now(UTC).isoformat(),
    }


def class_path(error: BaseException) -> str:
    """The dotted path of the exception's class, as text only: nothing imports it."""
    kind = type(error)
    try:
        module, name = type.__getattribute__(kind, "__module__"), type.__getattribute__(kind, "__qualname__")
        path = f"{module}.{name}"
    except BaseException:  # noqa: BLE001 - a hostile __module__ may raise anything
        path = type.__getattribute__(kind, "__name__")
    return escape_text(path)[:MAX_CLASS_PATH]


def appended(errors: Sequence[dict[str, Any]], new: dict[str, Any]) -> str:
    """The JSON text of `errors` with `new` at its end and old tracebacks left out."""
    kept = [*entries(errors), new]
    shortened = [{**old, "traceback": ""} for old in kept[:-KEPT_TRACEBACKS]]
    return json.dumps(shortened + kept[-KEPT_TRACEBACKS:], separators=(",", ":"))


def summary(error: BaseException, hide: Callable[[str], str] = str) -> str:
    """The exception's class and text in one line, as `hide` leaves it. Never raises, whatever the exception does."""
    text = _text(traceback.format_exception_only, error, hide)
    return " ".join(escape_text(truncate_middle(text, MAX_SUMMARY)).split())


def _format(error: BaseException, hide: Callable[[str], str]) -> str:
    text = _text(traceback.format_exception, error, hide)
    # Cut before escaping too: an error text of many megabytes is then copied once, not four times.
    return truncate_middle(escape_text(truncate_middle(text, MAX_TRACEBACK)), MAX_TRACEBACK)


def _text(
    lines: Callable[[BaseException], list[str]], error: BaseException, hide: Callable[[str], str]
) -> str:
    try:
        return hide("".join(lines(error)))
    except BaseException as failure:  # noqa: BLE001 - a hostile __str__ may raise anything
        return f"{class_path(error)}: it cannot be shown ({class_path(failure)})\n"
