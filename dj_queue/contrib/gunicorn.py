"""The queue inside gunicorn: import both hooks in `gunicorn.conf.py`.

One worker process of a server runs the queue; when it ends, another takes over.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from django.apps import apps

if TYPE_CHECKING:
    from dj_queue.runtime.supervisor import AsyncSupervisor

logger = logging.getLogger("dj_queue.gunicorn")

TRY_EVERY = 1.0


@dataclass(slots=True)
class Embedded:
    """What one gunicorn worker holds: the lock when it is its turn, and the supervisor it runs."""

    backend_alias: str
    leaving: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    supervisor: "AsyncSupervisor | None" = None

    def run(self) -> None:
        """Wait for the application and for the turn, then run the queue until the worker leaves."""
        while not apps.ready_event.wait(TRY_EVERY):
            if self.leaving.is_set():
                return
        try:
            lock = _open_lock(self.backend_alias)
        except OSError:
            logger.exception("the queue cannot run in this gunicorn worker without its lock file")
            return
        with lock:
            while not _try_lock(lock):
                if self.leaving.wait(TRY_EVERY):
                    return
            if not self.leaving.is_set():
                self._supervise()

    def _supervise(self) -> None:
        # gunicorn.conf.py imports this module before Django is set up; the runtime needs its models.
        from dj_queue.runtime.supervisor import AsyncSupervisor

        try:
            self.supervisor = AsyncSupervisor(self.backend_alias, standalone=False)
            self.supervisor.start()
        except Exception:
            logger.exception("the queue could not be started in this gunicorn worker")
            return
        self.leaving.wait()
        self.supervisor.stop()


def post_fork(server: Any, worker: Any) -> None:
    """Gunicorn's hook: take part in running the queue from this worker."""
    alias = getattr(worker, "dj_queue_backend_alias", None) or getattr(
        server, "dj_queue_backend_alias", "default"
    )
    embedded = Embedded(str(alias))
    embedded.thread = threading.Thread(target=embedded.run, name="dj_queue-gunicorn", daemon=True)
    worker.dj_queue_embedded = embedded
    embedded.thread.start()


def worker_exit(server: Any, worker: Any) -> None:
    """Gunicorn's hook: stop the queue in this worker and let another take over."""
    embedded: Embedded | None = getattr(worker, "dj_queue_embedded", None)
    if embedded is None or embedded.thread is None:
        return
    embedded.leaving.set()
    embedded.thread.join()


def _open_lock(backend_alias: str) -> IO[str]:
    """The lock of this project and user on this host: gunicorn servers of one folder share one running queue.

    Raises:
        OSError: something else stands in its place.
    """
    owner = f"{os.getuid()}:{Path.cwd()}:{backend_alias}"
    digest = hashlib.sha256(owner.encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"dj_queue-gunicorn-{digest}.lock"
    # The folder is everybody's: follow no link that somebody left there.
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    return os.fdopen(descriptor, "r+")


def _try_lock(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
