"""Settings of the measured project: a backend alias with the default options for each database."""

import os
from pathlib import Path

from bench.databases import FOLDER, NAME, databases

SECRET_KEY = "of no use: nobody logs in"  # noqa: S105 - says so itself
DEBUG = False
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["dj_queue"]

DATABASES = {"default": {}, **databases(Path(os.environ[FOLDER]), os.environ[NAME])}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
TASKS = {
    alias: {
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "QUEUES": [],
        "OPTIONS": {"database_alias": "sqlite" if alias == "default" else alias},
    }
    for alias in DATABASES
}
