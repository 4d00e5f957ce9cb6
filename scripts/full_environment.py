"""The environment of full runs: every plugin and driver, and what tests need."""

import sys
from pathlib import Path

from environment import group, make
from system_packages import installable_plugins

DJANGOS = ("6.0", "6.1")
NEWEST_DJANGO = DJANGOS[-1]


def make_full_environment() -> Path:
    """Its interpreter; without mysqlclient where nothing can compile that."""
    packages = (*group("test"), "psycopg[binary,pool]", django(NEWEST_DJANGO))
    return make(".venv-test", sys.executable, installable_plugins(), packages)


def django(series: str) -> str:
    """The requirement for the newest Django of a series."""
    return f"django=={series}.*"
