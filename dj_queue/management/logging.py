"""Console output for `manage.py dj_queue`: lines to read, or JSON for machines."""

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from django.conf import settings
from django.utils.log import AdminEmailHandler, RequireDebugTrue

TEXT = "%(asctime)s %(levelname)-7s [%(process)d] %(name)s: %(message)s"
FORMATS = ("text", "json")
OF_JOBS = logging.getLogger("django.tasks")
"""Has lines for each job."""
OURS = (logging.getLogger("dj_queue"), OF_JOBS)
"""Loggers that tell of the queue's work."""


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record with its moment in UTC, its level, logger, process, thread and text; a traceback where it has one."""
        facts = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "thread": record.threadName,
            "message": record.getMessage(),
        }
        if record.exc_info:
            facts["exception"] = self.formatException(record.exc_info)
        return json.dumps(facts)


def log_to_console(log_format: str | None) -> None:
    """Log to stderr at INFO: in a format that was asked for, else where the project's LOGGING has no handler that would.

    Unasked and outside of DEBUG, jobs that start and succeed are left out, as Django leaves them out. Its records of
    them are then not even made: they take a fifth of a worker's time for a short job.
    """
    formatter = JsonFormatter() if log_format == "json" else logging.Formatter(TEXT)
    for logger in OURS:
        handlers = list(_handlers_of(logger))
        is_shown = log_format is None and not all(map(_is_djangos_own, handlers))
        if logger.level == logging.NOTSET and not (is_shown and logger is OF_JOBS):
            is_quiet = logger is OF_JOBS and log_format is None and not settings.DEBUG
            logger.setLevel(logging.WARNING if is_quiet else logging.INFO)
        if is_shown:
            continue
        console = logging.StreamHandler(sys.stderr)
        console.setFormatter(formatter)
        logger.handlers = [console, *(each for each in handlers if isinstance(each, AdminEmailHandler))]
        logger.propagate = False


def _handlers_of(logger: logging.Logger | None) -> Iterator[logging.Handler]:
    """All that the records of this logger reach."""
    while logger is not None:
        yield from logger.handlers
        logger = logger.parent if logger.propagate else None


def _is_djangos_own(handler: logging.Handler) -> bool:
    """Whether it is one that Django sets up by itself: it mails errors, or prints bare texts in DEBUG."""
    is_for_debug = any(isinstance(each, RequireDebugTrue) for each in handler.filters)
    return isinstance(handler, AdminEmailHandler) or (is_for_debug and handler.formatter is None)
