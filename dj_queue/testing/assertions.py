"""Looking for the jobs that a test enqueued."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dj_queue.contract.payload import normalize
from dj_queue.models import Job
from dj_queue.operations.redaction import Redaction
from dj_queue.operations.results import result_of_row
from dj_queue.operations.signatures import named_arguments
from dj_queue.services import Services, services_for
from dj_queue.task_types import AnyResult, AnyTask

MOST_TOLD = 10
ANY: Any = object()
"""What an assertion does not ask for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The calls of one task that an assertion looks for."""

    task: AnyTask
    call: dict[str, Any] | None
    """Arguments by the names of their parameters; None for any."""
    facts: Mapping[str, Any]
    """Columns and their values."""

    def matches(self, job: Job) -> bool:
        """Whether the job is such a call."""
        if job.task_path != self.task.module_path:
            return False
        if any(getattr(job, name) != value for name, value in self.facts.items()):
            return False
        return self.call is None or _named(self.task, job.args, job.kwargs) == self.call


def assert_enqueued(  # noqa: PLR0913 - each is a fact of one call
    task: AnyTask,
    *,
    args: Sequence[Any] = ANY,
    kwargs: Mapping[str, Any] = ANY,
    queue_name: str = ANY,
    priority: int = ANY,
    run_after: datetime | None = ANY,
    backend_alias: str | None = None,
) -> AnyResult:
    """Find the job that a test enqueued, whether it ran meanwhile or not; returns its result, the newest of several.

    Without `args` and `kwargs`, any arguments fit; with one of them, these are all the arguments there may be.
    Arguments are compared by the parameters they fill: `add(1, b=2)` is `add(1, 2)`.

    Args:
        task: the task, as the code under test enqueues it.
        args: positional arguments.
        kwargs: keyword arguments.
        queue_name: the queue; any if not given.
        priority: the priority; any if not given.
        run_after: its moment, None for a job that was not scheduled; any if not given.
        backend_alias: the key in TASKS; the task's own if not given.

    Raises:
        AssertionError: there is no such job; the text says which there are.
    """
    wanted = _wanted(
        task, args, kwargs, {"queue_name": queue_name, "priority": priority, "run_after": run_after}
    )
    services = services_for(backend_alias or task.backend)
    jobs = _jobs(services)
    job = _newest(wanted, jobs)
    if job is None:
        raise AssertionError(f"no job {_spelled(wanted)} was enqueued\n{_told(services, jobs, task)}")
    return result_of_row(job)


def assert_not_enqueued(  # noqa: PLR0913 - each is a fact of one call
    task: AnyTask,
    *,
    args: Sequence[Any] = ANY,
    kwargs: Mapping[str, Any] = ANY,
    queue_name: str = ANY,
    priority: int = ANY,
    run_after: datetime | None = ANY,
    backend_alias: str | None = None,
) -> None:
    """Make sure that a test enqueued no such job; the arguments are those of `assert_enqueued`.

    Raises:
        AssertionError: there is one.
    """
    wanted = _wanted(
        task, args, kwargs, {"queue_name": queue_name, "priority": priority, "run_after": run_after}
    )
    services = services_for(backend_alias or task.backend)
    job = _newest(wanted, _jobs(services))
    if job is not None:
        raise AssertionError(f"a job was enqueued that should not be: {_line(services, task, job)}")


def _wanted(task: AnyTask, args: Any, kwargs: Any, facts: Mapping[str, Any]) -> Wanted:
    call = None
    if args is not ANY or kwargs is not ANY:
        given_args = normalize([] if args is ANY else list(args))
        given_kwargs = normalize({} if kwargs is ANY else dict(kwargs))
        call = _named(task, given_args, given_kwargs)
    return Wanted(task, call, {name: value for name, value in facts.items() if value is not ANY})


def _named(task: AnyTask, args: Any, kwargs: Any) -> dict[str, Any]:
    try:
        return named_arguments(task, args, kwargs)
    except TypeError:  # the call will fail, yet it was enqueued
        return {"args": args, "kwargs": kwargs}


def _jobs(services: Services) -> list[Job]:
    jobs = Job.objects.using(services.database.alias).filter(backend_alias=services.alias)
    return list(jobs.order_by("-id"))


def _newest(wanted: Wanted, jobs: Sequence[Job]) -> Job | None:
    return next((job for job in jobs if wanted.matches(job)), None)


def _spelled(wanted: Wanted) -> str:
    call = (
        "(...)"
        if wanted.call is None
        else f"({', '.join(f'{name}={value!r}' for name, value in wanted.call.items())})"
    )
    facts = "".join(f", {name}={value!r}" for name, value in wanted.facts.items())
    return f"{wanted.task.module_path}{call}{facts}"


def _told(services: Services, jobs: Sequence[Job], task: AnyTask) -> str:
    if not jobs:
        return "the queue has no jobs at all"
    of_task = [job for job in jobs if job.task_path == task.module_path]
    if not of_task:
        paths = sorted({job.task_path for job in jobs})
        return f"there are jobs of {', '.join(paths[:MOST_TOLD])}"
    lines = [_line(services, task, job) for job in of_task[:MOST_TOLD]]
    return "there are:\n" + "\n".join(f"  {line}" for line in lines)


def _line(services: Services, task: AnyTask, job: Job) -> str:
    shown = Redaction(task, services.options.sensitive_keys)
    args = [repr(value) for value in shown.args(job.args)]
    args += [f"{name}={value!r}" for name, value in shown.kwargs(job.kwargs).items()]
    call = f"{job.task_path}({', '.join(args)})"
    return f"{call}, queue_name={job.queue_name!r}, priority={job.priority}, run_after={job.run_after!r}, {job.status}"
