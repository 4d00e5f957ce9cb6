"""Settings of the example site: SQLite in WAL mode, the admin, and dj_queue as the backend of Django's tasks."""

import os
import sys
from pathlib import Path

EXAMPLES = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("EXAMPLES_FOLDER", EXAMPLES / ".demo"))
"""Where the databases are: the demo's folder, or a temporary one that an example made."""
FOLDER.mkdir(parents=True, exist_ok=True)

SECRET_KEY = "for this machine only"
DEBUG = "runserver" in sys.argv  # for the admin's style sheets; elsewhere Django would remember every query
ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
ROOT_URLCONF = "project.urls"
STATIC_URL = "/static/"
USE_TZ = True
TIME_ZONE = "UTC"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "dj_queue",
    "library",
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


def sqlite(name: str) -> dict[str, object]:
    """A file that several processes read and write at once: WAL, patience, and transactions that lock up front."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / name,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


DATABASES = {"default": sqlite("site.sqlite3"), "queue": sqlite("queue.sqlite3")}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]

BACKEND = "dj_queue.backend.DjQueueBackend"
TASKS = {
    "default": {"BACKEND": BACKEND, "QUEUES": [], "OPTIONS": {}},
    # Its jobs live in a database of their own: see ex24.
    "separate": {"BACKEND": BACKEND, "QUEUES": [], "OPTIONS": {"database_alias": "queue"}},
    # Served by one more plugin, which lives in this project: see ex26.
    "audited": {"BACKEND": BACKEND, "QUEUES": [], "OPTIONS": {"plugins": ["project.audit"]}},
}
