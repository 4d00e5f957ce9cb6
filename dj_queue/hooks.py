"""Public functions that run a project's own code when runtime processes start, stop and exit."""

import logging
from collections.abc import Callable
from typing import overload

from dj_queue.contract import ProcessInfo
from dj_queue.plugins import lifecycle
from dj_queue.plugins.lifecycle import EVENTS, Callback

__all__ = [
    "EVENTS",
    "clear_hooks",
    "fire_hooks",
    "on_dispatcher_exit",
    "on_dispatcher_start",
    "on_dispatcher_stop",
    "on_exit",
    "on_scheduler_exit",
    "on_scheduler_start",
    "on_scheduler_stop",
    "on_start",
    "on_stop",
    "on_worker_exit",
    "on_worker_start",
    "on_worker_stop",
    "register_hook",
]

logger = logging.getLogger("dj_queue.hooks")


@overload
def register_hook[F: Callback](event: str, fn: F) -> F: ...


@overload
def register_hook[F: Callback](event: str, fn: None = None) -> Callable[[F], F]: ...


def register_hook[F: Callback](event: str, fn: F | None = None) -> F | Callable[[F], F]:
    """Call `fn(process)` whenever this event happens; without `fn`, a decorator that does.

    Args:
        event: one of `supervisor`, `worker`, `dispatcher`, `scheduler`, a dot, and one of `start`,
            `stop`, `exit`.
        fn: a plain function. What it raises is logged and reported, and harms nothing else.

    Raises:
        ValueError: there is no such event.
        TypeError: `fn` is no plain function.
    """
    if fn is None:
        lifecycle.require_event(event)
        return lambda decorated: register_hook(event, decorated)
    lifecycle.add(event, fn)
    return fn


def on_start[F: Callback](fn: F) -> F:
    """Call `fn(process)` when a supervisor has registered."""
    return register_hook("supervisor.start", fn)


def on_stop[F: Callback](fn: F) -> F:
    """Call `fn(process)` when a supervisor is asked to stop."""
    return register_hook("supervisor.stop", fn)


def on_exit[F: Callback](fn: F) -> F:
    """Call `fn(process)` when a supervisor has stopped."""
    return register_hook("supervisor.exit", fn)


def on_worker_start[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a worker that is about to work."""
    return register_hook("worker.start", fn)


def on_worker_stop[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a worker that claims no more and finishes what it runs."""
    return register_hook("worker.stop", fn)


def on_worker_exit[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a worker that has stopped."""
    return register_hook("worker.exit", fn)


def on_dispatcher_start[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a dispatcher that is about to work."""
    return register_hook("dispatcher.start", fn)


def on_dispatcher_stop[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a dispatcher that is asked to stop."""
    return register_hook("dispatcher.stop", fn)


def on_dispatcher_exit[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a dispatcher that has stopped."""
    return register_hook("dispatcher.exit", fn)


def on_scheduler_start[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a scheduler that is about to work."""
    return register_hook("scheduler.start", fn)


def on_scheduler_stop[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a scheduler that is asked to stop."""
    return register_hook("scheduler.stop", fn)


def on_scheduler_exit[F: Callback](fn: F) -> F:
    """Call `fn(process)` in a scheduler that has stopped."""
    return register_hook("scheduler.exit", fn)


def fire_hooks(event: str, process: ProcessInfo) -> None:
    """Call everything registered for this event now, in order of registration; failures are logged.

    Raises:
        ValueError: there is no such event.
    """
    try:
        lifecycle.run(event, process)
    except BaseExceptionGroup:
        logger.exception("firing %s", event)


def clear_hooks(event: str | None = None) -> None:
    """Forget what was registered for this event, or for all events.

    Raises:
        ValueError: there is no such event.
    """
    lifecycle.clear(event)
