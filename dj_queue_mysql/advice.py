"""What an operator should change about a MySQL or MariaDB server that carries a queue."""

from collections.abc import Iterator
from typing import Any

from django.db import connections

from dj_queue.contract import CheckMessage
from dj_queue_mysql.features import sorts_ids_by_time

OLDEST_MYSQL, OLDEST_MARIADB = (8, 4), (10, 11)
"""The oldest versions that the tests run on."""
LEAST_PACKET = 16 * 1024 * 1024
TIMEOUTS = {"connect_timeout": 5, "read_timeout": 60, "write_timeout": 60}
"""Seconds, longer than any statement of the runtime may take."""

SETTINGS = "SELECT @@max_allowed_packet"


def advise(alias: str) -> Iterator[CheckMessage]:
    """Look at the server and at the settings of its connections."""
    connection: Any = connections[alias]
    with connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        (packet,) = cursor.fetchone()
    yield from of_version(alias, connection.mysql_is_mariadb, connection.mysql_version)
    if not sorts_ids_by_time(alias):
        text = f"database {alias!r} sorts ids by their last bytes: jobs of a queue are claimed in no order"
        hint = "Upgrade MariaDB to 10.11.5 or newer, then rebuild the tables: ALTER TABLE dj_queue_job FORCE."
        yield CheckMessage("warning", text, hint, "dj_queue_mysql.W002")
    if packet < LEAST_PACKET:
        text = f"database {alias!r} takes statements of {packet} bytes at most: jobs with large arguments or results fail"
        hint = f"Set max_allowed_packet to {LEAST_PACKET} or more."
        yield CheckMessage("warning", text, hint, "dj_queue_mysql.W003")
    missing = [name for name in TIMEOUTS if name not in connection.settings_dict["OPTIONS"]]
    if missing:
        text = f"DATABASES[{alias!r}]['OPTIONS'] has no {', '.join(missing)}: a silent server is waited for without end"
        hint = ", ".join(f'"{name}": {TIMEOUTS[name]}' for name in missing)
        yield CheckMessage("warning", text, f"Set {hint} (seconds).", "dj_queue_mysql.W004")


def of_version(alias: str, is_mariadb: bool, version: tuple[int, ...]) -> Iterator[CheckMessage]:  # noqa: FBT001 - as Django has it
    """What to say of a server of this kind and version."""
    kind, oldest = ("MariaDB", OLDEST_MARIADB) if is_mariadb else ("MySQL", OLDEST_MYSQL)
    if version < oldest:
        found, wanted = (".".join(map(str, numbers)) for numbers in (version, oldest))
        text = f"database {alias!r} is {kind} {found}; dj_queue is tested on {wanted} and newer"
        yield CheckMessage("warning", text, "Upgrade the server.", "dj_queue_mysql.W001")
