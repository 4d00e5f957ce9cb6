"""A module that nothing imports for its task paths: it defines no task, and being imported leaves a mark."""

import os
from pathlib import Path

if MARK := os.environ.get("DJ_QUEUE_TEST_TRAP"):
    Path(MARK).touch()


class Boom(Exception):
    """An exception that a stored row may name."""


def run(*args, **kwargs):
    """A function that is no task."""
    Path(MARK).touch()
