"""Keeps polling out of Django's SQL log, which under DEBUG would hold little else."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

SQL_LOGGER = logging.getLogger("django.db.backends")

_is_polling: ContextVar[bool] = ContextVar("dj_queue_is_polling", default=False)


@contextmanager
def quiet_polling() -> Iterator[None]:
    """What this thread asks the database inside is not logged by Django."""
    token = _is_polling.set(True)
    SQL_LOGGER.addFilter(_is_loud)
    try:
        yield
    finally:
        _is_polling.reset(token)


def _is_loud(record: logging.LogRecord) -> bool:
    return not _is_polling.get()
