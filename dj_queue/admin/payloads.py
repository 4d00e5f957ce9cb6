"""Arguments, return values and errors on a page."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from dj_queue.admin.display import NOTHING, moment, preformatted, text
from dj_queue.contract.payload import truncate_middle
from dj_queue.exceptions import UnknownTask
from dj_queue.models import Job, Process, RecurringTask
from dj_queue.operations.redaction import Redaction
from dj_queue.operations.tasks import find_task
from dj_queue.services import services_for

MOST_SHOWN = 100_000
"""Characters of one payload; the rest would make a page nobody can use."""


def show_args(row: Job | RecurringTask) -> SafeString:
    """The positional arguments of a row, indented and escaped, without what its task marks sensitive."""
    return _pretty(_redaction(row).args, row.args)


def show_kwargs(row: Job | RecurringTask) -> SafeString:
    """The keyword arguments of a row, indented and escaped, without what its task marks sensitive."""
    return _pretty(_redaction(row).kwargs, row.kwargs)


def show_result(job: Job) -> SafeString:
    """The return value of a job, indented and escaped, unless its task marks that sensitive."""
    return _pretty(_redaction(job).result, job.return_value)


def show_metadata(process: Process) -> SafeString:
    """What a process says of itself, indented and escaped."""
    return _pretty(_as_is, process.metadata)


def show_errors(job: Job) -> SafeString:
    """How each attempt that did not end well ended, the newest first. No class is imported to show its name."""
    entries = job.errors
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        return _pretty(_as_is, entries)
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


def _redaction(row: Job | RecurringTask) -> Redaction:
    """What the row's task hides; all of it where the task is gone, since nobody knows what that marked."""
    try:
        task = find_task(row.task_path)
    except UnknownTask:
        task = None
    return Redaction(task, services_for(row.backend_alias).options.sensitive_keys)


def _as_is(value: Any) -> Any:
    return value


def _pretty(redacted: Callable[[Any], Any], value: Any) -> SafeString:
    try:
        shown = json.dumps(redacted(value), indent=2, ensure_ascii=False)
    except RecursionError:
        shown = "nested too deeply to be shown"
    return preformatted(truncate_middle(shown, MOST_SHOWN))
