"""Settings of every peer that is a backend of Django's tasks."""

import json
import os
from urllib.parse import unquote, urlsplit

PROJECT = json.loads(os.environ["PEER_PROJECT"])
SERVER = urlsplit(os.environ["PEER_DATABASE_URL"])

SECRET_KEY = "of no use: nobody logs in"
DEBUG = False
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", PROJECT["app"]]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": SERVER.path.lstrip("/"),
        "USER": unquote(SERVER.username or ""),
        "PASSWORD": unquote(SERVER.password or ""),
        "HOST": unquote(SERVER.hostname or ""),
        "PORT": str(SERVER.port or ""),
        # With Django's default of 0, a peer that closes connections after each job would be measured by that.
        "CONN_MAX_AGE": None,
    }
}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"] if PROJECT["app"] == "dj_queue" else []
TASKS = {"default": {"BACKEND": PROJECT["backend"], "QUEUES": [], "OPTIONS": PROJECT["options"]}}
if PROJECT["app"] == "django_tasks_db":
    del TASKS["default"]["QUEUES"]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"level": "WARNING", "handlers": ["console"]},
    "loggers": {name: {"level": "WARNING"} for name in ("django.tasks", "dj_queue", "django_tasks_db")},
}
