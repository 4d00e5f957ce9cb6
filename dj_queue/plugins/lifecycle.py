"""The plugin behind `dj_queue.hooks`: runs callbacks when a process starts, stops, exits."""

import inspect
from collections.abc import Callable

from dj_queue.contract import VERSION, ProcessInfo, hookimpl

DJ_QUEUE_CONTRACT = VERSION

KINDS = ("supervisor", "worker", "dispatcher", "scheduler")
MOMENTS = ("start", "stop", "exit")
EVENTS = tuple(f"{kind}.{moment}" for kind in KINDS for moment in MOMENTS)

type Callback = Callable[[ProcessInfo], object]

_callbacks: dict[str, list[Callback]] = {event: [] for event in EVENTS}


def add(event: str, callback: Callback) -> None:
    """Run `callback` at this event, after those added before; adding it twice runs it once.

    Raises:
        ValueError: there is no such event.
        TypeError: the callback cannot be called, or would have to be awaited.
    """
    require_event(event)
    if not callable(callback):
        raise TypeError(f"{callback!r} cannot be called; a hook is a function that takes the process")
    if inspect.iscoroutinefunction(callback):
        raise TypeError(f"{_name(callback)} is async; a hook is called, not awaited: write a plain def")
    if callback not in _callbacks[event]:
        _callbacks[event].append(callback)


def clear(event: str | None = None) -> None:
    """Forget the callbacks of one event, or of all.

    Raises:
        ValueError: there is no such event.
    """
    if event is not None:
        require_event(event)
    for name in EVENTS if event is None else (event,):
        _callbacks[name].clear()


def run(event: str, process: ProcessInfo) -> None:
    """Run every callback of an event, whatever the others raise.

    Raises:
        ValueError: there is no such event.
        BaseExceptionGroup: what callbacks raised, told once all of them have run.
    """
    require_event(event)
    errors = [error for callback in tuple(_callbacks[event]) if (error := _attempt(event, callback, process))]
    if errors:
        raise BaseExceptionGroup(f"callbacks of {event} failed", errors)


@hookimpl
def dj_queue_process_started(process: ProcessInfo) -> None:
    """Run the callbacks of its start."""
    _run_for(process, "start")


@hookimpl
def dj_queue_process_stopping(process: ProcessInfo) -> None:
    """Run the callbacks of its stop."""
    _run_for(process, "stop")


@hookimpl
def dj_queue_process_exited(process: ProcessInfo) -> None:
    """Run the callbacks of its exit."""
    _run_for(process, "exit")


def _run_for(process: ProcessInfo, moment: str) -> None:
    if process.kind in KINDS:
        run(f"{process.kind}.{moment}", process)


def _attempt(event: str, callback: Callback, process: ProcessInfo) -> BaseException | None:
    try:
        callback(process)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a callback must not end a process
        error.add_note(f"raised by the {event} callback {_name(callback)}")
        return error
    return None


def require_event(event: str) -> None:
    """Refuse an event that never happens.

    Raises:
        ValueError: there is no such event.
    """
    if event not in _callbacks:
        raise ValueError(f"there is no event {event!r}; the events are {', '.join(EVENTS)}")


def _name(callback: Callback) -> str:
    module = getattr(callback, "__module__", "")
    return f"{module}.{getattr(callback, '__qualname__', repr(callback))}"
