"""Console output for `manage.py dj_queue`: lines to read, or JSON for machines."""

import json
import logging
import sys
from datetime import UTC, datetime

TEXT = "%(asctime)s %(levelname)-7s [%(process)d] %(name)s: %(message)s"
FORMATS = ("text", "json")
OURS = (logging.getLogger("dj_queue"), logging.getLogger("django.tasks"))
"""Loggers that tell of the queue's work; the second has a line for each job."""


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
    """Log to stderr at INFO: in a format that was asked for, else where the project's LOGGING has no handler that would."""
    loggers, formatter = (
        (OURS, JsonFormatter()) if log_format == "json" else (OURS[:1], logging.Formatter(TEXT))
    )
    for logger in loggers:
        if logger.level == logging.NOTSET:
            logger.setLevel(logging.INFO)
        if log_format is None and logger.hasHandlers():
            continue
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(formatter)
        logger.handlers = [handler]
        logger.propagate = False
