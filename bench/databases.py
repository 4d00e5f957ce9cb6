"""The databases that are measured, as Django's settings name them: SQLite, and each server that a variable names."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

FOLDER = "DJ_QUEUE_BENCH_FOLDER"
"""The variable that names the folder of SQLite's file, logs and marks."""
NAME = "DJ_QUEUE_BENCH_NAME"
"""The variable that names the database to make on each server."""
SERVERS = {"postgres": "DJ_QUEUE_TEST_POSTGRES_URL", "mysql": "DJ_QUEUE_TEST_MYSQL_URL"}
MORE = "DJ_QUEUE_TEST_MORE_SERVERS"
ENGINES = {"postgresql": "postgresql", "mysql": "mysql"}
"""Of each scheme of a URL; a pooler is no database of its own, so `pgbouncer` is not here."""
SQLITE_OPTIONS = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}


def urls() -> dict[str, str]:
    """The URL of each server that the environment names, by backend alias."""
    main = {alias: os.environ.get(variable, "") for alias, variable in SERVERS.items()}
    more = dict(pair.split("=", 1) for pair in os.environ.get(MORE, "").split())
    return {alias: url for alias, url in {**main, **more}.items() if urlsplit(url).scheme in ENGINES}


def databases(folder: Path, name: str) -> dict[str, dict[str, Any]]:
    """What goes into DATABASES."""
    found: dict[str, dict[str, Any]] = {"sqlite": _sqlite(folder / f"{name}.sqlite3")}
    return found | {alias: _server(url, f"{name}_{alias}") for alias, url in urls().items()}


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": SQLITE_OPTIONS,
    }


def _server(url: str, name: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "ENGINE": f"django.db.backends.{ENGINES[parts.scheme]}",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
    }
