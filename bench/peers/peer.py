"""The peers that are measured, and how each is installed and run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Peer:
    """A queue beside ours. Each has one configuration, the one that drained most jobs on two cores."""

    name: str
    heading: str
    packages: tuple[str, ...]
    """What pip installs; nothing means the environment of the benchmark itself, where this checkout is."""
    worker: tuple[str, ...]
    """The words after the interpreter."""
    processes: int = 1
    adapter: str = "django_jobs"
    """The module of `inside/` that enqueues and counts."""
    project: Mapping[str, Any] = field(default_factory=dict)
    """Of the Django project: `app`, `backend`, `options`, and `ended`, SQL that counts the jobs that have ended."""
    needs_redis: bool = False


DJANGO = ("django>=6.0,<6.2", "psycopg[binary]>=3.2")
BACKEND = "dj_queue.backend.DjQueueBackend"


def _workers(threads: int) -> dict[str, Any]:
    return {"workers": [{"queues": "*", "threads": threads, "processes": 2}]}


PEERS = (
    Peer(
        name="this",
        heading="dj_queue 1.0.0",
        packages=(),
        worker=("manage.py", "dj_queue"),
        project={
            "app": "dj_queue",
            "backend": BACKEND,
            "options": _workers(3),
            "ended": "SELECT count(*) FROM dj_queue_job WHERE finished_at IS NOT NULL",
        },
    ),
    Peer(
        name="dj-queue",
        heading="dj-queue 0.14.2",
        packages=("dj-queue==0.14.2", *DJANGO),
        worker=("manage.py", "dj_queue"),
        project={
            "app": "dj_queue",
            "backend": BACKEND,
            "options": _workers(8),
            "ended": "SELECT count(*) FROM dj_queue_jobs WHERE finished_at IS NOT NULL",
        },
    ),
    Peer(
        name="django-tasks-db",
        heading="django-tasks-db 0.13.0",
        packages=("django-tasks-db==0.13.0", *DJANGO),
        worker=("manage.py", "db_worker"),
        processes=4,
        project={
            "app": "django_tasks_db",
            "backend": "django_tasks_db.DatabaseBackend",
            "options": {},
            "ended": "SELECT count(*) FROM django_tasks_database_dbtaskresult WHERE status = 'SUCCESSFUL'",
        },
    ),
    Peer(
        name="procrastinate",
        heading="procrastinate 3.10.0",
        packages=("procrastinate==3.10.0", "psycopg[binary]>=3.2"),
        worker=("-m", "procrastinate", "--app", "procrastinate_app.app", "worker", "--concurrency", "8"),
        processes=2,
        adapter="procrastinate_jobs",
    ),
    Peer(
        name="celery",
        heading="Celery 5.7.0, Redis",
        packages=("celery[redis]==5.7.0",),
        worker=(
            "-m",
            "celery",
            "--app",
            "celery_app",
            "worker",
            "--loglevel",
            "WARNING",
            "--concurrency",
            "2",
        ),
        adapter="celery_jobs",
        needs_redis=True,
    ),
)
BY_NAME = {peer.name: peer for peer in PEERS}
