"""Which database it is: one key for every process of a machine that uses it, another for every other database."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connections

from dj_queue.contract import DatabaseInfo

DIGITS = 24
"""Of the digest: too many for two databases to meet by chance, few enough for the path of a socket."""

type Place = tuple[str, str, str]
"""Host, port and name, as the settings have them."""


def place_of(database: DatabaseInfo) -> Place:
    """Where the database is now: test runners change its name while the process runs."""
    settings: Any = connections.settings[database.alias]
    return str(settings["HOST"]), str(settings["PORT"]), str(settings["NAME"])


def key_of(database: DatabaseInfo, place: Place, audience: str) -> str:
    """A digest of the kind of server, host, port and name (a file's is its real path), and of who listens."""
    host, port, name = place
    text = json.dumps([database.vendor, host, port, name if host else _real_path(name), audience])
    return sha256(text.encode()).hexdigest()[:DIGITS]


def _real_path(name: str) -> str:
    try:
        path = Path(name)
        return str(path.resolve()) if path.is_file() else name
    except (OSError, ValueError):
        return name
