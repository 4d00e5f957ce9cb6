"""On which databases a scenario runs, where not all of them make a difference to it."""

import pytest
from django.conf import settings


def only_on(*wanted):
    """Run on these backend aliases, as far as this run has them."""
    found = [alias for alias in wanted if alias in settings.TASKS]
    return pytest.mark.parametrize("backend_alias", found, indirect=True)


def only_on_one(*preferred):
    """Run on the first of these backend aliases that this run has."""
    return only_on(*[alias for alias in (*preferred, "default") if alias in settings.TASKS][:1])


only_on_one_server = only_on(*[alias for alias in ("mysql", "postgres") if alias in settings.TASKS][:1])
only_on_servers = only_on("postgres", "mysql")
only_on_the_file = only_on("default")
direct_servers = only_on(
    *[
        alias
        for alias, database in settings.DATABASES.items()
        if alias != "pgbouncer" and not database["ENGINE"].endswith("sqlite3")
    ]
)
"""Every server of this run that is reached without a pooler."""
