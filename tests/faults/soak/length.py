"""How long a soak is and how often it does what: seconds in the tests, hours when it is asked for by `make soak`."""

import os
from dataclasses import dataclass

from django.conf import settings

SECONDS = "DJ_QUEUE_TEST_SOAK"
DATABASES = "DJ_QUEUE_TEST_SOAK_DATABASES"
FOLDER = "DJ_QUEUE_TEST_SOAK_FOLDER"
SHORT = 25.0
NOT_SOAKED = ("portable", "pgbouncer")
"""On a file that is soaked anyway; behind a pooler nobody can tell whose a connection is that is to be ended."""


@dataclass(frozen=True)
class Length:
    """The times of one soak, in seconds."""

    load: float

    @property
    def warm_up(self):
        """Before it, nothing is judged: a third, ten minutes at most."""
        return min(self.load / 3, 600.0)

    @property
    def between_samples(self):
        """Two hundred samples or more of a long one."""
        return min(max(self.load / 200, 1.0), 10.0)

    @property
    def between_kills(self):
        """A few workers even of a short one."""
        return min(max(self.load / 4, 5.0), 30.0)

    @property
    def between_ended_connections(self):
        """Rarer than a worker's start takes."""
        return min(max(self.load / 12, 2.0), 10.0)

    @property
    def kept(self):
        """How long ended jobs are kept; the dispatcher deletes each minute."""
        return min(self.load / 6, 60.0)


def length():
    """As the environment says, else short."""
    return Length(float(os.environ.get(SECONDS, SHORT)))


def is_asked_for():
    """Whether this run is a soak of its own."""
    return SECONDS in os.environ


def backend_aliases():
    """Those named, else each with a dialect of its own; only one of them where it is a test among others."""
    if DATABASES in os.environ:
        return [alias for alias in os.environ[DATABASES].split() if alias in settings.TASKS]
    found = [alias for alias in settings.TASKS if alias not in NOT_SOAKED]
    if is_asked_for() or os.environ.get("DJ_QUEUE_TEST_FAULTS") == "full":
        return found
    return [alias for alias in ("postgres", "default") if alias in found][:1]
