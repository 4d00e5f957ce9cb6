"""The options of one backend alias, checked: what each means, its unit and its default."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dj_queue.contract import Selector
from dj_queue.cron import CronSchedule

MEBIBYTE = 1024 * 1024
DEFAULT_HEARTBEAT = 10.0
DEFAULT_THRESHOLD = 60.0
SENSITIVE_KEYS = (
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "private_key",
    "authorization",
    "credential",
    "cookie",
)
DEFAULT_MODE = "fork" if hasattr(os, "fork") else "async"


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """One entry of `workers`: `processes` workers of the same make."""

    queues: tuple[Selector, ...] = (Selector("", is_prefix=True),)
    """Queue selectors in order of preference: names, prefixes such as `email*`, or `*` for all."""
    threads: int = 3
    """Threads that run `def` tasks."""
    processes: int = 1
    """Worker processes of this kind; in async mode, groups of threads."""
    polling_interval: float = 0.1
    """Seconds between polls of empty queues; longer while a wakeup hears every host."""
    prefetch_multiplier: int = 100
    """The most jobs claimed ahead for each thread; short jobs only, long ones are not hoarded."""
    async_concurrency: int = 100
    """How many `async def` tasks run at once on the worker's loop."""


@dataclass(frozen=True, slots=True)
class DispatcherOptions:
    """One entry of `dispatchers`."""

    batch_size: int = 500
    """Jobs promoted in one transaction."""
    polling_interval: float = 1.0
    """Seconds between looks for due jobs; sooner when one is known, or announced, to be due sooner."""
    concurrency_maintenance: bool = True
    """Whether this dispatcher looks for free concurrency slots that nobody handed on."""
    concurrency_maintenance_interval: float = 5.0
    """Seconds between those looks."""


@dataclass(frozen=True, slots=True)
class SchedulerOptions:
    """The `scheduler` option."""

    dynamic_tasks_enabled: bool = False
    """Whether recurring tasks made at run time are fired."""
    polling_interval: float = 5.0
    """Seconds between looks for changed tasks; sooner when a slot is due sooner."""


@dataclass(frozen=True, slots=True)
class RecurringOptions:
    """One entry of `recurring`, or one dynamic recurring task."""

    key: str
    """Its name, unique within the backend alias."""
    task_path: str
    """The dotted path of the task."""
    schedule: CronSchedule
    """When it fires."""
    args: tuple[Any, ...] = ()
    """Positional arguments."""
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    """Keyword arguments."""
    queue_name: str = "default"
    """The queue its jobs join."""
    priority: int = 0
    """The priority of its jobs, -100 to 100."""
    description: str = ""
    """For operators."""
    catch_up: str = "last"
    """Slots missed while no scheduler ran: `none`, the `last` one, or `all` of them."""


@dataclass(frozen=True, slots=True)
class Options:
    """Every option of one backend alias."""

    mode: str = DEFAULT_MODE
    """`fork`: a process for each actor; `async`: threads of one process."""
    workers: tuple[WorkerOptions, ...] = (WorkerOptions(),)
    """The workers to run."""
    dispatchers: tuple[DispatcherOptions, ...] = (DispatcherOptions(),)
    """The dispatchers to run."""
    scheduler: SchedulerOptions = SchedulerOptions()
    """How recurring tasks are looked after."""
    recurring: tuple[RecurringOptions, ...] = ()
    """Static recurring tasks, by key."""
    skip_recurring: bool = False
    """Run no scheduler in this process."""
    database_alias: str = "default"
    """The key in DATABASES of the queue's database."""
    process_heartbeat_interval: float = DEFAULT_HEARTBEAT
    """Seconds between heartbeats."""
    process_alive_threshold: float = DEFAULT_THRESHOLD
    """Seconds without a heartbeat after which a process is given up; at least three intervals."""
    shutdown_timeout: float = 5.0
    """Seconds that running jobs get to end after a stop request."""
    supervisor_pidfile: str | None = None
    """Path of a file that keeps a second supervisor from starting."""
    preserve_finished_jobs: bool = True
    """Whether successful jobs and their results are kept."""
    clear_finished_jobs_after: float | None = 86400.0
    """Seconds after which finished jobs are deleted, failed ones apart; None keeps them."""
    clear_failed_jobs_after: float | None = None
    """Seconds after which failed jobs are deleted; None keeps them until someone acts."""
    clear_recurring_executions_after: float | None = None
    """Seconds after which records of fired slots are deleted; None means a week."""
    default_concurrency_duration: float = 180.0
    """Seconds an admitted job may wait for a worker before its slot goes to another."""
    use_skip_locked: bool = True
    """Whether claims may use SKIP LOCKED where the database has it."""
    listen_notify: bool = True
    """Whether a database's own notifications may wake workers."""
    silence_polling: bool = True
    """Whether polling queries are kept out of Django's SQL debug log."""
    on_thread_error: Callable[[BaseException], object] | None = None
    """A callable, or its dotted path, told of every error outside tasks."""
    max_lost_attempts: int = 3
    """Attempts that may end with their process before the job fails."""
    max_payload_bytes: int = MEBIBYTE
    """The most bytes of JSON that a job's args, or its kwargs, may have."""
    max_result_bytes: int = MEBIBYTE
    """The most bytes of JSON that a return value may have."""
    sensitive_keys: tuple[str, ...] = SENSITIVE_KEYS
    """Values of arguments and mapping keys whose names contain one of these are not shown; case and `_` aside."""
    dialect: str | None = None
    """The plugin that serves the database, where several would."""
    claim_strategy: str | None = None
    """The claim strategy or its plugin, where several would answer."""
    wakeup: tuple[str, ...] | None = None
    """Names of the wakeup transports to use; None means all there are."""
    wakeup_directory: str | None = None
    """A directory for the sockets of `same_host` that several users share; None means one of each user's own."""
    plugins: tuple[str, ...] = ()
    """Dotted paths of plugins that live in the project."""
    disabled_plugins: tuple[str, ...] = ()
    """Names of plugins to leave out."""
    plugin_options: Mapping[str, Any] = field(default_factory=dict)
    """Options of plugins, by plugin name; handed to them unread."""
    values: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """The merged mapping all of this was read from."""


def recurring_by_key(options: Options) -> dict[str, RecurringOptions]:
    """The static recurring tasks; equal whatever their order, which some sources do not keep."""
    return {task.key: task for task in options.recurring}
