"""Settings of the shop that the pages write of, on SQLite; what a page shows is added at the end."""

from pathlib import Path

BASE_DIR = Path(__file__).parents[1]
SECRET_KEY = "for this machine only"
USE_TZ = True
INSTALLED_APPS = ["dj_queue", "shop"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def on_sqlite(name):
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / f"{name}.sqlite3",
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


DATABASES = {name: on_sqlite(name) for name in ("default", "queue", "warehouse")}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
TASKS = {
    name: {"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": [], "OPTIONS": {}}
    for name in ("default", "reports")
}
