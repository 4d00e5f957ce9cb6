"""What the user has to put right ends a command with its text and exit code 1, not with a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import Error

from dj_queue.exceptions import DjQueueError
from dj_queue.services import Services


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Wrong settings, broken plugins, a database that is not ready.

    Raises:
        CommandError: with the text of what was raised inside.
    """
    try:
        yield
    except (DjQueueError, ImproperlyConfigured) as error:
        raise CommandError(str(error)) from error


@contextmanager
def blaming_the_database(services: Services) -> Iterator[None]:
    """A database that does not answer.

    Raises:
        CommandError: with the database's name and its error in one line.
    """
    try:
        yield
    except Error as error:
        text = " ".join(str(error).split())
        raise CommandError(f"database {services.database.alias!r} does not answer: {text}") from error
