"""Another database than the tests' own under a backend alias, for this process and those it starts."""

import os
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections


@contextmanager
def other_database(services, folder, how=""):
    """An empty one; gives the variables that lead other processes there.

    Args:
        services: what serves the backend alias.
        folder: where a database that is a file goes.
        how: what to add to CREATE DATABASE, on servers.
    """
    alias, name = services.database.alias, f"{os.environ['DJ_QUEUE_TEST_NAME']}_other"
    connection = connections[alias]
    before = connection.settings_dict["NAME"]
    is_file = connection.vendor == "sqlite"
    variables = {"DJ_QUEUE_TEST_NAME": name}
    if is_file:
        variables = {"DJ_QUEUE_TEST_FOLDER": str(folder), "DJ_QUEUE_TEST_NAME": name}
        other = str(Path(folder) / f"{name}.sqlite3")
    else:
        other = f"{name}_{alias}" if alias in settings.MORE_SERVERS else name
        _on_server(connection, f"CREATE DATABASE {connection.ops.quote_name(other)} {how}")
    connection.close()
    connection.settings_dict["NAME"] = other
    try:
        yield variables
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        if not is_file:
            force = " WITH (FORCE)" if connection.vendor == "postgresql" else ""
            _on_server(connection, f"DROP DATABASE {connection.ops.quote_name(other)}{force}")


def _on_server(connection, statement):
    with connection._nodb_cursor() as cursor:
        cursor.execute(statement)
