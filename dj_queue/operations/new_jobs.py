"""From calls to jobs: each call is checked and becomes the job to insert, or is refused before any SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from dj_queue.contract import NewJob, PayloadError, Status
from dj_queue.contract.names import check_queue_name
from dj_queue.contract.payload import Payload, read_payload
from dj_queue.exceptions import EnqueueError, InvalidArguments
from dj_queue.operations import policy, results
from dj_queue.operations.ids import make_ids
from dj_queue.operations.moments import as_shown, as_utc
from dj_queue.services import Services
from dj_queue.task_types import AnyResult, AnyTask

MAX_TASK_PATH = 255

type TaskCall = tuple[AnyTask, Sequence[Any], Mapping[str, Any]]


class Batch(NamedTuple):
    """Jobs, and in the same order the results that their caller gets."""

    jobs: list[NewJob]
    results: list[AnyResult]


@dataclass(frozen=True, slots=True)
class TaskFacts:
    """What all calls of one task share."""

    task: AnyTask
    path: str
    priority: int
    queue_name: str
    run_after: datetime | None
    on_crash: str
    has_key: bool
    status: Status


def new_jobs(services: Services, calls: Sequence[TaskCall]) -> Batch:
    """A job for each call, in order, with ids that ascend.

    Raises:
        EnqueueError: a call is refused.
    """
    now = datetime.now(UTC)
    shown_now = as_shown(now)
    known: dict[int, TaskFacts] = {}
    batch = Batch([], [])
    for job_id, (task, args, kwargs) in zip(make_ids(len(calls)), calls, strict=True):
        facts = known.get(id(task))
        if facts is None:
            facts = known[id(task)] = _facts_of(task)
        args_payload, kwargs_payload = _payloads(services, facts, args, kwargs)
        job = _new_job(services, facts, job_id, args_payload, kwargs_payload, now)
        result = results.result_of_new(job, task, args_payload.plain, kwargs_payload.plain, shown_now)
        batch.jobs.append(job)
        batch.results.append(result)
    return batch


def _payloads(
    services: Services, facts: TaskFacts, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[Payload, Payload]:
    most = services.options.max_payload_bytes
    try:
        return read_payload(list(args), "args", most), read_payload(dict(kwargs), "kwargs", most)
    except PayloadError as error:
        raise InvalidArguments(f"{facts.path}: {error}") from None


def _new_job(
    services: Services, facts: TaskFacts, job_id: UUID, args: Payload, kwargs: Payload, now: datetime
) -> NewJob:
    key = None
    if facts.has_key:
        key = policy.concurrency_of(facts.task, args.plain, kwargs.plain, services.alias, services.options)
    # In the order of its fields: keywords would take twice the time.
    return NewJob(
        job_id,
        services.alias,
        facts.queue_name,
        facts.priority,
        facts.path,
        args.text,
        kwargs.text,
        facts.status,
        now,
        facts.run_after,
        facts.on_crash,
        key,
    )


def _facts_of(task: AnyTask) -> TaskFacts:
    path = task.module_path
    _check_names(path, task.queue_name)
    run_after, has_key = _due(task), policy.has_concurrency_key(task)
    return TaskFacts(
        task=task,
        path=path,
        priority=int(task.priority),
        queue_name=task.queue_name,
        run_after=run_after,
        on_crash=policy.on_crash(task),
        has_key=has_key,
        status=_first_status(run_after, has_key=has_key),
    )


@lru_cache(maxsize=1000)  # most calls are of a few tasks
def _check_names(path: str, queue_name: str) -> None:
    if len(path) > MAX_TASK_PATH:
        raise EnqueueError(f"the path of task {path!r} is longer than {MAX_TASK_PATH} characters")
    try:
        check_queue_name(queue_name)
    except ValueError as error:
        raise EnqueueError(f"{path}: {error}") from None


def _first_status(run_after: datetime | None, *, has_key: bool) -> Status:
    if run_after is not None:
        return Status.SCHEDULED
    return Status.BLOCKED if has_key else Status.READY


def _due(task: AnyTask) -> datetime | None:
    if task.run_after is None:
        return None
    try:
        return as_utc(task.run_after)
    except ValueError as error:
        raise EnqueueError(f"{task.module_path}: run_after {error}") from None
