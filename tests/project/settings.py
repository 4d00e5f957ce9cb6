"""Settings of the test project: one backend alias for each database under test, named by the environment."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).parents[2]
WORK = Path(os.environ.get("DJ_QUEUE_TEST_FOLDER", ROOT / ".cache" / "tests"))
WORK.mkdir(parents=True, exist_ok=True)
NAME = os.environ.get("DJ_QUEUE_TEST_NAME", "dj_queue_test")

# Of Django's pool of psycopg; such connections are the pool's to keep.
POOL_SIZE = int(os.environ.get("DJ_QUEUE_TEST_POOL_SIZE", "0"))
# None keeps connections, as the tests want; Django's default is 0.
CONN_MAX_AGE = 0 if POOL_SIZE or os.environ.get("DJ_QUEUE_TEST_CONN_MAX_AGE") == "0" else None

SECRET_KEY = "tests only"
DEBUG = False
USE_TZ = True
TIME_ZONE = "America/New_York"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "tests.project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "dj_queue",
    "tests.project",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


@dataclass(frozen=True, slots=True)
class Kind:
    """What the scheme of a server's URL stands for."""

    engine: str
    plugin: str
    database: dict[str, object] = field(default_factory=dict)
    options: dict[str, object] = field(default_factory=dict)


KINDS = {
    "postgresql": Kind(
        "postgresql",
        "postgres",
        {"OPTIONS": {"pool": {"min_size": 1, "max_size": POOL_SIZE}}} if POOL_SIZE else {},
    ),
    "mysql": Kind("mysql", "mysql", {"OPTIONS": {"charset": "utf8mb4"}}),
    # The profile of docs/how-to/pgbouncer.md.
    "pgbouncer": Kind(
        "postgresql", "postgres", {"DISABLE_SERVER_SIDE_CURSORS": True}, {"listen_notify": False}
    ),
}
SERVERS = {
    "postgres": os.environ.get("DJ_QUEUE_TEST_POSTGRES_URL"),
    "mysql": os.environ.get("DJ_QUEUE_TEST_MYSQL_URL"),
}
MORE_SERVERS = dict(pair.split("=", 1) for pair in os.environ.get("DJ_QUEUE_TEST_MORE_SERVERS", "").split())
"""Servers that only the tests marked `every_server` run on, by their backend aliases."""


def _kind(url: str) -> Kind:
    return KINDS[urlsplit(url).scheme]


def _server(url: str, name: str) -> dict[str, object]:
    parts, kind = urlsplit(url), _kind(url)
    return {
        "ENGINE": f"django.db.backends.{kind.engine}",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": CONN_MAX_AGE,
        **kind.database,
    }


DATABASES: dict[str, dict[str, object]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(WORK / f"{NAME}.sqlite3"),
        "CONN_MAX_AGE": CONN_MAX_AGE,
        "OPTIONS": {
            "timeout": float(os.environ.get("DJ_QUEUE_TEST_BUSY_TIMEOUT", "20")),
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
PLUGINS = {"default": "sqlite"}
EXTRA_OPTIONS: dict[str, dict[str, object]] = {}
for alias, url in {**SERVERS, **MORE_SERVERS}.items():
    if url:
        # Two ways may lead to one server.
        DATABASES[alias] = _server(url, f"{NAME}_{alias}" if alias in MORE_SERVERS else NAME)
        PLUGINS[alias], EXTRA_OPTIONS[alias] = _kind(url).plugin, _kind(url).options

DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]

EXTRA_PLUGINS = os.environ.get("DJ_QUEUE_TEST_PLUGINS", "").split()

TASKS = {
    alias: {
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "QUEUES": [],
        "OPTIONS": {
            "database_alias": alias,
            "plugins": [f"dj_queue_{plugin}.plugin", *EXTRA_PLUGINS],
            "process_heartbeat_interval": 1,
            "process_alive_threshold": 5,
            **EXTRA_OPTIONS.get(alias, {}),
        },
    }
    for alias, plugin in PLUGINS.items()
}
# The portable dialect stands beside SQLite's own, on the same file.
TASKS["portable"] = {
    "BACKEND": "dj_queue.backend.DjQueueBackend",
    "QUEUES": [],
    "OPTIONS": {
        "plugins": EXTRA_PLUGINS,
        "disabled_plugins": ["sqlite"],
        "process_heartbeat_interval": 1,
        "process_alive_threshold": 5,
    },
}
