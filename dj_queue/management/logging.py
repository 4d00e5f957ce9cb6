"""Console output for `manage.py dj_queue` where the project's LOGGING says nothing about dj_queue."""

import logging
import sys

FORMAT = "%(asctime)s %(levelname)-7s [%(process)d] %(name)s: %(message)s"


def ensure_console_logging() -> None:
    """Log dj_queue's own lines to stderr at INFO, unless its logger or the root has a handler that would."""
    logger = logging.getLogger("dj_queue")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
    if logger.hasHandlers():
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(FORMAT))
    logger.addHandler(handler)
    logger.propagate = False
