"""A plugin that ends, stops or fails a process at a named moment of a job's life.

It wraps what stands at that moment and so costs nothing where it is not loaded: production code does not know it.
The environment names the moment and what happens there; a file arms it, and the process that removes it is hit.
Without either it does nothing.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from importlib import import_module
from pathlib import Path

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from dj_queue import services as services_module
from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = (1, 0)
NAME, ACTION, ARMED, DEATHS = (
    f"DJ_QUEUE_TEST_FAILPOINT{part}" for part in ("", "_ACTION", "_ARMED", "_DEATHS")
)
STALL = 8.0
"""Seconds that a stalled process does nothing: longer than the tests' alive threshold."""

_inside = threading.local()


class FailpointError(Exception):
    """What a failpoint raises: nothing that any code expects."""


def reach(name: str) -> None:
    """Be hit here, when this moment is the one named and someone armed it."""
    if os.environ.get(NAME) != name:
        return
    try:
        Path(os.environ[ARMED]).unlink()
    except FileNotFoundError:
        return
    with Path(os.environ[DEATHS]).open("a") as file:
        file.write(f"{os.getpid()} {time.monotonic()} {name}\n")
    match os.environ.get(ACTION, "kill"):
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stall":
            time.sleep(STALL)
        case "raise":
            raise FailpointError(name)


@dataclass(frozen=True)
class Seam:
    """Where in the code a moment is: at the begin or the end of one function, or at a commit made inside it."""

    owner: str
    """A module, or a module and a class: `package.module:Class`. `dialect` is what serves the backend alias."""
    function: str
    when: str
    counts: Callable[[object], bool] = lambda answer: True
    """Whether an answer is one that matters."""


def _in_transaction(_answer: object) -> bool:
    return any(connection.in_atomic_block for connection in connections.all(initialized_only=True))


def _promoted(answer) -> bool:
    return answer.count > 0


WORKER, RECORDER = "dj_queue.runtime.worker", "dj_queue.runtime.recorder"
SEAMS = {
    "enqueue.before_commit": Seam("dialect", "insert_jobs", "after", _in_transaction),
    "enqueue.after_commit": Seam("dj_queue.operations.enqueue", "_after_commit", "before"),
    "claim.locked": Seam(WORKER, "claim", "commit"),
    "claim.committed": Seam(WORKER, "claim", "after", bool),
    "run.before": Seam("dj_queue.runtime.execution:Execution", "_begin", "before"),
    "run.returned": Seam("dj_queue.runtime.execution:Execution", "_set_value", "after"),
    "ack.before": Seam(RECORDER, "finish", "before"),
    "ack.after_write": Seam("dialect", "finish", "after", bool),
    "ack.committed": Seam(RECORDER, "finish", "after"),
    "release.before": Seam(f"{WORKER}:Worker", "_release", "before"),
    "unblock.before": Seam("dialect", "admit", "before"),
    "promote.mid": Seam("dialect", "promote_due", "after", _promoted),
    "recur.inserted": Seam("dj_queue.operations.recurring", "enqueue", "after"),
    "heartbeat.before": Seam("dj_queue.operations.processes", "heartbeat", "before"),
    "shutdown.release": Seam(f"{WORKER}:Worker", "_take_back", "before"),
}
IN_TASKS = "run.middle"
"""The one moment that is in the task itself."""
NAMES = (*SEAMS, IN_TASKS)


def _wrapped(function, name: str, seam: Seam):
    @wraps(function)
    def at(*args, **kwargs):
        if seam.when == "before":
            reach(name)
        if seam.when == "commit":
            with _commits_named(name):
                return function(*args, **kwargs)
        answer = function(*args, **kwargs)
        if seam.when == "after" and seam.counts(answer):
            reach(name)
        return answer

    return at


@contextmanager
def _commits_named(name: str):
    _inside.name = name
    try:
        yield
    finally:
        _inside.name = None


def _install(name: str) -> None:
    seam = SEAMS[name]
    if seam.owner == "dialect":
        _wrap_dialects(name, seam)
        return
    module, _, class_name = seam.owner.partition(":")
    owner = import_module(module)
    if class_name:
        owner = getattr(owner, class_name)
    setattr(owner, seam.function, _wrapped(getattr(owner, seam.function), name, seam))
    if seam.when == "commit":
        _watch_commits()


def _wrap_dialects(name: str, seam: Seam) -> None:
    # This module is loaded while the first services are built: too early for their dialect, in time for them.
    make = services_module.Services

    def made(*, dialect, **others):
        setattr(dialect, seam.function, _wrapped(getattr(dialect, seam.function), name, seam))
        return make(dialect=dialect, **others)

    services_module.Services = made


def _watch_commits() -> None:
    commit = BaseDatabaseWrapper.commit

    @wraps(commit)
    def committing(self):
        if getattr(_inside, "name", None):
            reach(_inside.name)
        return commit(self)

    BaseDatabaseWrapper.commit = committing


_name = os.environ.get(NAME)
if _name in SEAMS:
    _install(_name)
elif _name not in (None, IN_TASKS):
    raise LookupError(f"no failpoint is named {_name!r}; there are: {', '.join(NAMES)}")


@hookimpl
def dj_queue_error(process, error, where):
    """A plugin needs a hook of its own."""
