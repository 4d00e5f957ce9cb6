"""Which options there are: for each section a table of names and readers."""

from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from dj_queue.config import readers as read
from dj_queue.config.merge import Path
from dj_queue.config.options import (
    DEFAULT_HEARTBEAT,
    DEFAULT_THRESHOLD,
    DispatcherOptions,
    SchedulerOptions,
    WorkerOptions,
)
from dj_queue.config.readers import Reader

type Problem = tuple[Path, str]
type Table = Mapping[str, Reader]

WORKER: Table = {
    "queues": read.selectors,
    "threads": read.whole(1, 1000),
    "processes": read.whole(1, 1000),
    "polling_interval": read.seconds,
    "prefetch_multiplier": read.whole(0, 10_000),
    "async_concurrency": read.whole(1, 100_000),
}

DISPATCHER: Table = {
    "batch_size": read.whole(1, 10_000),
    "polling_interval": read.seconds,
    "concurrency_maintenance": read.flag,
    "concurrency_maintenance_interval": read.seconds,
}

SCHEDULER: Table = {
    "dynamic_tasks_enabled": read.flag,
    "polling_interval": read.seconds,
}

TOP: Table = {
    "mode": read.one_of("fork", "async"),
    "skip_recurring": read.flag,
    "database_alias": read.name,
    "process_heartbeat_interval": read.seconds,
    "process_alive_threshold": read.seconds,
    "shutdown_timeout": read.seconds_or_zero,
    "supervisor_pidfile": read.or_none(read.name),
    "preserve_finished_jobs": read.flag,
    "clear_finished_jobs_after": read.or_none(read.seconds_or_zero),
    "clear_failed_jobs_after": read.or_none(read.seconds_or_zero),
    "clear_recurring_executions_after": read.or_none(read.seconds),
    "default_concurrency_duration": read.seconds,
    "use_skip_locked": read.flag,
    "listen_notify": read.flag,
    "silence_polling": read.flag,
    "on_thread_error": read.or_none(read.function),
    "max_lost_attempts": read.whole(1, 1000),
    "max_payload_bytes": read.whole(1),
    "max_result_bytes": read.whole(1),
    "sensitive_keys": read.parts_of_keys,
    "dialect": read.or_none(read.name),
    "claim_strategy": read.or_none(read.name),
    "wakeup": read.or_none(read.names),
    "wakeup_directory": read.or_none(read.absolute_path),
    "plugins": read.names,
    "disabled_plugins": read.names,
    "plugin_options": read.mapping,
}

SECTIONS = ("workers", "dispatchers", "scheduler", "recurring")


def read_table(
    values: Any, table: Table, path: Path, problems: list[Problem], also: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Read each value of a mapping by its reader; unknown names and refused values go to `problems`."""
    found: dict[str, Any] = {}
    if not isinstance(values, Mapping):
        problems.append((path, f"{values!r} is not a mapping of options"))
        return found
    for name, value in values.items():
        if name in also:
            continue
        if name not in table:
            problems.append(((*path, name), _unknown(name, (*table, *also))))
            continue
        try:
            found[name] = table[name](value)
        except ValueError as error:
            problems.append(((*path, name), str(error)))
    return found


def read_workers(value: Any, problems: list[Problem]) -> tuple[WorkerOptions, ...]:
    """The `workers` option."""
    return tuple(_each(value, "workers", WORKER, WorkerOptions, problems))


def read_dispatchers(value: Any, problems: list[Problem]) -> tuple[DispatcherOptions, ...]:
    """The `dispatchers` option."""
    return tuple(_each(value, "dispatchers", DISPATCHER, DispatcherOptions, problems))


def read_scheduler(value: Any, problems: list[Problem]) -> SchedulerOptions:
    """The `scheduler` option."""
    return SchedulerOptions(**read_table(value, SCHEDULER, ("scheduler",), problems))


def read_top(values: Mapping[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Every option that is not a section."""
    found = read_table(values, TOP, (), problems, also=SECTIONS)
    _check_heartbeats(values, found, problems)
    return found


def _check_heartbeats(values: Mapping[str, Any], found: Mapping[str, Any], problems: list[Problem]) -> None:
    """A process must miss several heartbeats before it is given up."""
    given = [name for name in ("process_alive_threshold", "process_heartbeat_interval") if name in values]
    if not all(name in found for name in given):
        return
    threshold = found.get("process_alive_threshold", DEFAULT_THRESHOLD)
    interval = found.get("process_heartbeat_interval", DEFAULT_HEARTBEAT)
    if threshold < 3 * interval:
        text = (
            f"a process_alive_threshold of {threshold:g} s is too short for a heartbeat every {interval:g} s; "
            f"use at least {3 * interval:g}"
        )
        problems.append(((given[0],), text))


def _each[T](
    value: Any, name: str, table: Table, make: Callable[..., T], problems: list[Problem]
) -> Iterator[T]:
    if not isinstance(value, list | tuple):
        problems.append(((name,), f"{value!r} is not a list of mappings"))
        return
    for index, entry in enumerate(value):
        yield make(**read_table(entry, table, (name, index), problems))


def _unknown(name: object, known: tuple[str, ...]) -> str:
    close = get_close_matches(str(name), known, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}"
    return f"there is no such option; {hint}"
