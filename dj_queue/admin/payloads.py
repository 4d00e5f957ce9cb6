"""Arguments, return values and errors on a page."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dj_queue.admin.display import NOTHING, moment, preformatted, text
from dj_queue.contract.payload import truncate_middle
from dj_queue.models import Job, Process, RecurringTask

MOST_SHOWN = 100_000
"""Characters of one payload; the rest would make a page nobody can use."""


def show_payload(row: Job | RecurringTask | Process, field: str) -> SafeString:
    """The JSON in one field of a row, indented and escaped.

    Every payload that the admin shows passes here: what must not be seen is to be left out here.
    """
    return _pretty(getattr(row, field))


def show_errors(job: Job) -> SafeString:
    """How each attempt that did not end well ended, the newest first. No class is imported to show its name."""
    entries = job.errors
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        return _pretty(entries)
    return format_html_join("", "{}", ((_show_error(entry),) for entry in reversed(entries)))


def last_error_class(job: Job) -> str:
    """The path of the exception that ended the last attempt, as text."""
    last = job.errors[-1] if isinstance(job.errors, list) and job.errors else None
    return text(last.get("class", "")) if isinstance(last, Mapping) else NOTHING


def _show_error(entry: Mapping[str, Any]) -> SafeString:
    heading = format_html(
        '<p class="dj-queue-error">Attempt {}: <strong>{}</strong>, {}, process {}</p>',
        text(entry.get("attempt", "?")),
        text(entry.get("class", "?")),
        _when(entry.get("at")),
        text(entry.get("worker", "?")),
    )
    traceback = str(entry.get("traceback", ""))
    if not traceback:
        return heading
    return format_html("{}{}", heading, preformatted(truncate_middle(traceback, MOST_SHOWN)))


def _when(at: object) -> str:
    try:
        return moment(datetime.fromisoformat(str(at)).astimezone(UTC))
    except (ValueError, OverflowError):
        return text(at)


def _pretty(value: Any) -> SafeString:
    try:
        shown = json.dumps(value, indent=2, ensure_ascii=False)
    except RecursionError:
        shown = "nested too deeply to be shown"
    return preformatted(truncate_middle(shown, MOST_SHOWN))
