"""Finding the task that a stored path names: only registered `@task` objects, never a licence to import."""

import importlib
import sys
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.tasks import Task

from dj_queue.exceptions import UnknownTask
from dj_queue.operations.task_sources import may_define_task
from dj_queue.task_types import AnyTask

_registered: dict[str, AnyTask] = {}


def register(task: AnyTask) -> None:
    """Remember a task that a dj_queue backend accepted: its path may be run."""
    _registered.setdefault(task.module_path, task)


def find_task(path: str) -> AnyTask:
    """The task registered under `path`.

    A module is imported only when it is the project's or an installed app's and its source shows a task of
    that name.

    Raises:
        UnknownTask: there is none.
    """
    known = _registered.get(path) or _loaded(path)
    if known is not None:
        return known
    module, _, name = path.rpartition(".")
    if module == "__main__":
        raise UnknownTask(
            f"{path!r} was enqueued by a script that was run directly: put the task in a module"
        )
    if not may_define_task(module, name):
        raise UnknownTask(f"{path!r} is not a task of this project or its installed apps")
    try:
        importlib.import_module(module)
    except Exception as error:
        raise UnknownTask(f"the module of task {path!r} cannot be imported: {error}") from error
    found = _registered.get(path) or _loaded(path)
    if found is None:
        raise UnknownTask(f"{path!r} is not a task: decorate it with @task")
    return found


def bound(task: AnyTask, **changes: Any) -> AnyTask:
    """A copy of `task` as a stored job has it (priority, queue_name, run_after, backend).

    It is not validated again: a job keeps its queue even after QUEUES has changed.
    """
    copy: AnyTask = object.__new__(type(task))
    for field in fields(task):
        object.__setattr__(copy, field.name, changes.get(field.name, getattr(task, field.name)))
    return copy


def stand_in(path: str) -> AnyTask:
    """A task for a path that names none any more, so that its results can still be shown; calling it raises."""

    def removed(*args: Any, **kwargs: Any) -> None:
        raise UnknownTask(f"the task {path!r} no longer exists")

    removed.__module__, _, name = path.rpartition(".")
    removed.__qualname__ = removed.__name__ = name or path
    task: AnyTask = object.__new__(Task)
    values = {
        "func": removed,
        "priority": 0,
        "queue_name": "default",
        "backend": "default",
        "run_after": None,
        "takes_context": False,
    }
    for name, value in values.items():
        object.__setattr__(task, name, value)
    return task


def find_or_stand_in(path: str) -> AnyTask:
    """The task registered under `path`, or a stand-in for showing results of a removed one."""
    try:
        return find_task(path)
    except UnknownTask:
        return stand_in(path)


def loaded_or_stand_in(path: str) -> AnyTask:
    """The task under `path` if its module is loaded here, or a stand-in: nothing is imported."""
    return _registered.get(path) or _loaded(path) or stand_in(path)


def differs(task: AnyTask, priority: int, queue_name: str, backend: str, run_after: datetime | None) -> bool:
    """Whether a stored job has other values than its task's defaults."""
    return (task.priority, task.queue_name, task.backend, task.run_after) != (
        priority,
        queue_name,
        backend,
        run_after,
    )


def _loaded(path: str) -> AnyTask | None:
    """What a loaded module has under this name; a module's own `__getattr__`, which may import, is not asked."""
    module, _, name = path.rpartition(".")
    value = getattr(sys.modules.get(module), "__dict__", {}).get(name)
    return value if isinstance(value, Task) else None
