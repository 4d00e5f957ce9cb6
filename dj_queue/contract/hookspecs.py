"""Every hook a plugin can answer. Factories are asked at boot; broadcasts are told, their answers ignored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dj_queue.contract.claim import ClaimStrategy
from dj_queue.contract.config import ConfigLayer, Invocation
from dj_queue.contract.database import CheckMessage, DatabaseInfo
from dj_queue.contract.dialect import Dialect
from dj_queue.contract.events import Event, JobInfo, OutcomeInfo, ProcessInfo, Sample
from dj_queue.contract.markers import hookspec
from dj_queue.contract.wakeup import WakeupTransport

# --- factories: asked once for each alias, fail fast -------------------------------------------------------


@hookspec(firstresult=True)
def dj_queue_dialect(database: DatabaseInfo) -> Dialect | None:
    """Give the dialect that serves this database, or None to leave it to another plugin.

    Stops at the first answer. Must not connect.

    Args:
        database: alias, vendor and engine of the queue's database.
    """


@hookspec(firstresult=True)
def dj_queue_claim_strategy(
    database: DatabaseInfo, dialect: Dialect, options: Mapping[str, Any]
) -> ClaimStrategy | None:
    """Give the way this database's jobs are claimed, or None to leave it to another plugin.

    Stops at the first answer. `OPTIONS["claim_strategy"]` names one where several would answer.

    Args:
        database: alias, vendor and engine of the queue's database.
        dialect: what `dj_queue_dialect` gave.
        options: the backend alias's merged options; the plugin's own are below `plugin_options`.

    Raises:
        dj_queue.contract.errors.PluginOptionsError: the plugin's own options cannot work.
    """


@hookspec
def dj_queue_wakeup_transport(database: DatabaseInfo, options: Mapping[str, Any]) -> WakeupTransport | None:
    """Give a wakeup transport, or None. All answers work together.

    Args:
        database: alias, vendor and engine of the queue's database.
        options: the backend alias's merged options; the plugin's own are below `plugin_options`.

    Raises:
        dj_queue.contract.errors.PluginOptionsError: the plugin's own options cannot work.
    """


@hookspec
def dj_queue_configure(alias: str, options: Mapping[str, Any]) -> None:
    """The options of a backend alias are known: keep the plugin's own, or refuse them. Must not connect.

    Called once the alias is first used, before anything is told of it; for plugins that only listen.

    Args:
        alias: the key in TASKS.
        options: the backend alias's merged options; the plugin's own are below `plugin_options`.

    Raises:
        dj_queue.contract.errors.PluginOptionsError: the plugin's own options cannot work.
    """


@hookspec
def dj_queue_config_source(alias: str, invocation: Invocation) -> ConfigLayer | Sequence[ConfigLayer] | None:
    """Give layers of option values for this backend alias, or None. Layers are merged by rank.

    Asked when a process first needs the options. A running supervisor asks those plugins again that gave a layer
    with `ask_again_after`, in a thread of its own; what cannot be read then changes nothing.

    Args:
        alias: the key in TASKS.
        invocation: the command line and the environment.

    Raises:
        dj_queue.contract.errors.ConfigSourceError: the source is there but cannot be read.
    """


@hookspec
def dj_queue_system_checks(database: DatabaseInfo) -> Sequence[CheckMessage] | None:
    """Give findings for `manage.py check` about the queue's database. Must not connect.

    Args:
        database: alias, vendor and engine of the queue's database.
    """


# --- broadcasts: told to every plugin in isolation, answers ignored ------------------------------------------


@hookspec
def dj_queue_process_started(process: ProcessInfo, samples: Callable[[], Sequence[Sample]]) -> None:
    """A process has registered and is about to work. Called in that process, after any fork.

    Args:
        process: the process.
        samples: gives every sample of the process's backend alias when called, the core's and those of
            `dj_queue_metrics`; it reads the database, on a connection of the thread that calls it.
    """


@hookspec
def dj_queue_process_stopping(process: ProcessInfo) -> None:
    """A process was asked to stop: it claims no more and finishes what it runs.

    Args:
        process: the process.
    """


@hookspec
def dj_queue_process_exited(process: ProcessInfo) -> None:
    """A process has stopped and its row is gone. Called in that process, last of all.

    Args:
        process: the process.
    """


@hookspec
def dj_queue_job_enqueued(jobs: Sequence[JobInfo]) -> None:
    """Jobs were enqueued and committed.

    Args:
        jobs: the jobs of one enqueue call.
    """


@hookspec
def dj_queue_job_started(job: JobInfo) -> None:
    """An attempt begins. Called in the worker's thread or loop before the task's first line; be quick.

    Args:
        job: the job and its attempt.
    """


@hookspec
def dj_queue_job_finished(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """Attempts ended for good and their outcomes were recorded and committed.

    Args:
        jobs: each job with how it ended, value or error.
    """


@hookspec
def dj_queue_job_retried(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """Attempts ended and their jobs will run again; recorded and committed.

    Args:
        jobs: each job with how its attempt ended.
    """


@hookspec
def dj_queue_error(process: ProcessInfo | None, error: BaseException, where: str) -> None:
    """The runtime met an error outside any task and goes on.

    Args:
        process: the process, or None outside the runtime.
        error: the exception.
        where: the place, such as `worker.claim`.
    """


@hookspec
def dj_queue_event(event: Event) -> None:
    """A timing of the runtime: a claim, a recorded batch, a promotion, a wakeup.

    Args:
        event: name, seconds, count and labels.
    """


# --- collected on demand -----------------------------------------------------------------------------------


@hookspec
def dj_queue_metrics(alias: str) -> Sequence[Sample] | None:
    """Give samples for a scrape of this backend alias's metrics.

    Args:
        alias: the key in TASKS.
    """
