"""The task class of the backend: Django's Task, with per-task options as keywords of `@task(...)`."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.tasks import Task

from dj_queue.exceptions import DispatchPolicyError
from dj_queue.task_options import concurrency as concurrency_option
from dj_queue.task_options import on_crash as on_crash_option
from dj_queue.task_options import retry as retry_option
from dj_queue.task_options import sensitive as sensitive_option

OPTIONS: Mapping[str, Callable[..., Any]] = {"concurrency": concurrency_option, "retry": retry_option}


@dataclass(frozen=True, slots=True, kw_only=True)
class DjQueueTask(Task):  # type: ignore[type-arg]
    """A task that may carry `concurrency={...}`, `retry={...}`, `on_crash="..."` and `sensitive=(...)`.

    Django 6.1 hands unknown keywords of `@task` to the task class; on 6.0 use the decorators of the same
    names, which store the same function attributes.
    """

    # Mappings have no hash, tasks do.
    concurrency: Mapping[str, Any] | None = field(default=None, hash=False)
    retry: Mapping[str, Any] | None = field(default=None, hash=False)
    on_crash: str | None = None
    sensitive: Sequence[str] | None = field(default=None, hash=False)

    def __post_init__(self) -> None:
        """Store the options where the decorators store them, then validate as Django does.

        Raises:
            InvalidTask: the task cannot run on this backend, or an option is wrong.
        """
        for name, option in OPTIONS.items():
            values = getattr(self, name)
            if values is not None:
                _applied(name, option, values)(self.func)
        if self.on_crash is not None:
            on_crash_option(self.on_crash)(self.func)
        if self.sensitive is not None:
            sensitive_option(*_names(self.sensitive))(self.func)
        Task.__post_init__(self)


def _names(values: object) -> tuple[str, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise DispatchPolicyError(f"sensitive={values!r}: use a tuple of parameters, such as ('password',)")
    return tuple(values)


def _applied(name: str, option: Callable[..., Any], values: object) -> Callable[..., Any]:
    known = inspect.signature(option)
    if not isinstance(values, Mapping):
        raise DispatchPolicyError(f"{name}={values!r}: use a mapping with {', '.join(known.parameters)}")
    try:
        known.bind(**values)
    except TypeError as error:
        raise DispatchPolicyError(
            f"{name}={values!r}: {error}; there are {', '.join(known.parameters)}"
        ) from None
    decorator: Callable[..., Any] = option(**values)
    return decorator
