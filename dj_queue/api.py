"""What application code calls beside Django's own tasks API."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction

from dj_queue.config import readers
from dj_queue.config.recurring import parse_recurring
from dj_queue.contract import ProcessInfo, Sample
from dj_queue.exceptions import JobNotFound
from dj_queue.models import Job, Process, RecurringTask
from dj_queue.operations import held, queues, recurring
from dj_queue.operations.held import ClaimedJob
from dj_queue.operations.jobs import (
    discard_blocked_jobs,
    discard_failed_job,
    discard_failed_jobs,
    discard_ready_jobs,
    discard_scheduled_jobs,
    retry_failed_job,
    retry_failed_jobs,
    schedule_failed_job_retry,
)
from dj_queue.operations.metrics import collect
from dj_queue.runtime import by_hand
from dj_queue.runtime.hands import hands
from dj_queue.services import services_for
from dj_queue.task_options import concurrency, on_crash, retry, sensitive
from dj_queue.task_types import AnyTask

__all__ = [
    "ClaimedJob",
    "QueueInfo",
    "claim_ready_jobs",
    "concurrency",
    "discard_blocked_jobs",
    "discard_failed_job",
    "discard_failed_jobs",
    "discard_ready_jobs",
    "discard_scheduled_jobs",
    "enqueue_on_commit",
    "execute_claimed_job",
    "metrics",
    "on_crash",
    "retry",
    "retry_failed_job",
    "retry_failed_jobs",
    "schedule_failed_job_retry",
    "schedule_recurring_task",
    "sensitive",
    "unschedule_recurring_task",
]


class QueueInfo:
    """One queue as operators see and steer it. Every property asks the database anew."""

    def __init__(self, queue_name: str, *, backend_alias: str = "default") -> None:
        """Look at `queue_name` of this backend alias."""
        self.queue_name = queue_name
        self.backend_alias = backend_alias

    @classmethod
    def all(cls, *, backend_alias: str = "default") -> "list[QueueInfo]":
        """Every queue that has unfinished jobs or is paused."""
        names = queues.names(services_for(backend_alias))
        return [cls(name, backend_alias=backend_alias) for name in names]

    @property
    def size(self) -> int:
        """How many jobs are ready."""
        return queues.size(services_for(self.backend_alias), self.queue_name)

    @property
    def latency(self) -> float | None:
        """Seconds that the oldest ready job has waited; 0.0 when none waits, None while paused."""
        return queues.latency(services_for(self.backend_alias), self.queue_name)

    @property
    def paused(self) -> bool:
        """Whether the queue is paused."""
        return queues.is_paused(services_for(self.backend_alias), self.queue_name)

    def pause(self) -> None:
        """Keep the queue's jobs from being claimed; running ones go on."""
        queues.pause(services_for(self.backend_alias), self.queue_name)

    def resume(self) -> None:
        """Let the queue's jobs be claimed again."""
        queues.resume(services_for(self.backend_alias), self.queue_name)

    def clear(self, *, batch_size: int = 500) -> int:
        """Discard every ready job; returns how many."""
        return queues.clear(services_for(self.backend_alias), self.queue_name, batch_size)

    def __repr__(self) -> str:
        return f"QueueInfo({self.queue_name!r}, backend_alias={self.backend_alias!r})"


def enqueue_on_commit(task: AnyTask, *args: Any, using: str | None = None, **kwargs: Any) -> None:
    """Enqueue `task` with these arguments once the open transaction commits; at once when none is open.

    Args:
        task: the task.
        *args: its positional arguments.
        using: the database whose transaction is meant; without it the project's default database where a
            transaction is open there, else the queue's own.
        **kwargs: its keyword arguments.
    """
    alias = using or _database_with_transaction(task)
    transaction.on_commit(lambda: task.enqueue(*args, **kwargs), using=alias)


def _database_with_transaction(task: AnyTask) -> str:
    backend = task.get_backend()
    is_ours = getattr(backend, "stores_jobs_in_dj_queue", False)
    if not is_ours or connections[DEFAULT_DB_ALIAS].in_atomic_block:
        return DEFAULT_DB_ALIAS
    return services_for(backend.alias).database.alias


def schedule_recurring_task(
    *,
    key: str,
    task_path: str,
    schedule: str,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    queue_name: str = "default",
    priority: int = 0,
    description: str = "",
    time_zone: str | None = None,
    catch_up: str = "last",
    backend_alias: str = "default",
) -> RecurringTask:
    """Create or change a recurring task at run time; the same checks hold as for configured ones.

    The scheduler fires it where `scheduler.dynamic_tasks_enabled` is on.

    Raises:
        ConfigurationError: the schedule, the arguments, the queue or the priority are wrong.
        ValueError: the key belongs to a task of the configuration.
    """
    values = {
        "task_path": task_path,
        "schedule": schedule,
        "args": list(args),
        "kwargs": dict(kwargs or {}),
        "queue_name": queue_name,
        "priority": priority,
        "description": description,
        "catch_up": catch_up,
    }
    if time_zone is not None:
        values["time_zone"] = time_zone
    definition = parse_recurring(key, values, "schedule_recurring_task()")
    return recurring.save_dynamic(services_for(backend_alias), definition)


def unschedule_recurring_task(key: str, *, backend_alias: str = "default") -> int:
    """Delete a recurring task made at run time; returns how many there were, 0 or 1."""
    return recurring.remove_dynamic(services_for(backend_alias), key)


def claim_ready_jobs(
    *,
    limit: int,
    queues: str | Sequence[str] | None = None,
    process: Process | ProcessInfo | UUID | None = None,
    backend_alias: str = "default",
) -> list[ClaimedJob]:
    """Take ready jobs as a worker does, in the order they should start; run each by `execute_claimed_job`.

    A claim needs a living process: one that sends no heartbeats for `process_alive_threshold` seconds is given
    up, and what it held runs elsewhere. By default this call registers a worker process of its own. It sends
    heartbeats from a thread, and its row goes when its last job has run. What it holds when the calling
    program ends is given back after that threshold.

    Args:
        limit: the most jobs to take, at least 1.
        queues: queue selectors in order of preference, such as `"email"`, `"email*"` or a list; None is all.
        process: a registered process that is to hold the jobs instead. Whoever registered it sends its
            heartbeats; its jobs are executed by the `ClaimedJob` given here, never by their id.
        backend_alias: the key of TASKS.

    Raises:
        ValueError: the limit or a selector is wrong.
        ProcessMissingError: `process` has no row.
    """
    services = services_for(backend_alias)
    selectors = readers.selectors("*" if queues is None else queues)
    most = readers.whole(1)(limit)
    process_id = process if process is None or isinstance(process, UUID) else process.id
    return held.as_claimed_jobs(services, by_hand.claim_for(services, selectors, most, process_id))


def execute_claimed_job(job: ClaimedJob | Job | UUID | str, *, backend_alias: str = "default") -> Job:
    """Run a job that this program claimed, in this thread, by the rules of a worker; returns the job as it ended.

    Whatever the task does becomes the job's outcome: a value, an error, a retry by its policy. The caller gets
    no exception of the task, except KeyboardInterrupt. Inside a transaction of the caller's, the outcome is
    part of it, and signals and hooks follow its commit.

    Args:
        job: what `claim_ready_jobs` gave, or the stored job or its id where that call registered the process.
        backend_alias: the key of TASKS.

    Raises:
        JobNotFound: the job is not claimed, or not by this program.
        ProcessPrunedError: the claim was lost while the job ran; the outcome changed nothing.
    """
    services = services_for(backend_alias)
    row = held.held_row(services, job)
    if not isinstance(job, ClaimedJob) and not hands().holds(row.process_id):
        raise JobNotFound(f"job {row.id} is held by process {row.process_id}, not by this program")
    return held.after(services, row, by_hand.run(services, held.claim_on(row)))


def metrics(*, backend_alias: str = "default") -> list[Sample]:
    """Gauges of this backend alias now (jobs, latency, pauses, processes) and what plugins add."""
    return collect(services_for(backend_alias))
