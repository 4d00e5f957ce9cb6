"""Recurring tasks: kept in step with the configuration, changed at run time, and fired once a slot."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ObjectNotUpdated
from django.db import IntegrityError
from django.db.models import Q

from dj_queue.config.options import RecurringOptions
from dj_queue.contract import events
from dj_queue.cron import CronSchedule
from dj_queue.exceptions import EnqueueError, UnknownTask
from dj_queue.models import RecurringExecution, RecurringTask
from dj_queue.operations.enqueue import enqueue
from dj_queue.operations.new_jobs import TaskCall
from dj_queue.operations.policy import hash_key
from dj_queue.operations.tasks import bound, find_task
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services
from dj_queue.task_types import AnyTask

logger = logging.getLogger("dj_queue.recurring")

ON_TIME = timedelta(seconds=60)
"""With `catch_up="none"`, a slot this much in the past is still fired; later it is missed."""
MOST_CAUGHT_UP = 100
UNUSABLE = (UnknownTask, EnqueueError, TypeError, ValueError)
"""What a stored task raises that no scheduler can fire: its path, schedule or arguments mean nothing here."""


def sync_static(services: Services) -> None:
    """Make the stored static tasks those of the configuration."""
    wanted = {hash_key(services.alias, task.key): task for task in services.options.recurring}

    def write() -> None:
        for key_hash, task in wanted.items():
            _store(services, key_hash, task, is_static=True)
        stored = RecurringTask.objects.using(services.database.alias)
        stored.filter(backend_alias=services.alias, is_static=True).exclude(key_hash__in=wanted).delete()

    _storing(services, write)


def save_dynamic(services: Services, definition: RecurringOptions) -> RecurringTask:
    """Create or change a task made at run time.

    Raises:
        ValueError: the key is a static task's.
    """
    key_hash = hash_key(services.alias, definition.key)

    def write() -> RecurringTask:
        return _store(services, key_hash, definition, is_static=False)

    return _storing(services, write)


def remove_dynamic(services: Services, key: str) -> int:
    """Delete a task made at run time; returns how many there were."""
    rows = RecurringTask.objects.using(services.database.alias)
    mine = rows.filter(backend_alias=services.alias, key_hash=hash_key(services.alias, key), is_static=False)
    deleted, _ = in_transaction(services, mine.delete)
    return deleted


def active_tasks(services: Services) -> list[RecurringTask]:
    """The tasks to fire: static ones, and dynamic ones where the options allow them."""
    rows = RecurringTask.objects.using(services.database.alias).filter(backend_alias=services.alias)
    if not services.options.scheduler.dynamic_tasks_enabled:
        rows = rows.filter(is_static=True)
    return list(rows.order_by("id"))


def due_slots(task: RecurringTask, now: datetime) -> list[datetime]:
    """The slots of `task` to fire at `now`, by its catch-up rule; none from before it existed."""
    schedule = CronSchedule(task.schedule, task.time_zone or None)
    since = max(task.scheduled_from, task.last_run_at or task.scheduled_from)
    if task.catch_up == "all":
        return schedule.slots_between(since, now, MOST_CAUGHT_UP)
    latest = schedule.latest_between(since, now)
    if latest is None or (task.catch_up == "none" and now - latest > ON_TIME):
        return []
    return [latest]


def next_slot(task: RecurringTask, now: datetime) -> datetime:
    """The first slot of `task` after `now`."""
    return CronSchedule(task.schedule, task.time_zone or None).next_after(now)


def fire_due(services: Services, task: RecurringTask, now: datetime) -> float | None:
    """Fire the slots of `task` that are due at `now`; returns the seconds until its next one.

    None for a task that cannot be fired: it is logged, and holds up no other.
    """
    try:
        for slot in due_slots(task, now):
            fire(services, task, slot)
        return (next_slot(task, now) - now).total_seconds()
    except UNUSABLE as error:
        logger.error("recurring task %s cannot be fired: %s", task.key, error)  # noqa: TRY400 - the text says it
        return None


def fire(services: Services, task: RecurringTask, slot: datetime) -> bool:
    """Enqueue the job of one slot; False when another scheduler has done so.

    The slot's unique row and the job are written in one transaction: that, not leadership, fires it once.
    Nothing is fired for a task that was removed, or given another schedule, since it was read.

    Raises:
        UnknownTask: its path names no registered task.
        EnqueueError: its arguments or its task's options are refused.
    """
    job_task = _task_of(task, services.alias)
    try:
        is_fired = in_transaction(services, partial(_write_firing, services, task, job_task, slot))
    except IntegrityError:
        is_fired = False
    if not is_fired:
        logger.debug("slot %s of recurring task %s is no longer to be fired", slot, task.key)
        return False
    logger.info("fired recurring task %s for %s", task.key, slot)
    if services.broadcasts.event:
        services.broadcasts.event(event=events.Event(events.FIRE, services.alias, 0.0, 1))
    return True


def _write_firing(services: Services, task: RecurringTask, job_task: AnyTask, slot: datetime) -> bool:
    rows = RecurringTask.objects.using(services.database.alias)
    is_open = Q(last_run_at=None) | Q(last_run_at__lt=slot)
    if not rows.filter(is_open, id=task.id, scheduled_from__lt=slot).update(last_run_at=slot):
        return False
    (result,) = enqueue(services, [_call_of(task, job_task)])
    RecurringExecution.objects.using(services.database.alias).create(
        backend_alias=services.alias,
        key_hash=task.key_hash,
        run_at=slot,
        job_id=result.id,
        created_at=services.dialect.now(),
    )
    return True


def run_now(services: Services, task: RecurringTask) -> str:
    """Enqueue a job of the task at once, apart from its schedule; returns the job's id.

    Raises:
        UnknownTask: its path names no registered task.
        EnqueueError: its arguments or its task's options are refused.
    """
    (result,) = enqueue(services, [_call_of(task, _task_of(task, services.alias))])
    return result.id


def _task_of(task: RecurringTask, backend_alias: str) -> AnyTask:
    return bound(
        find_task(task.task_path),
        queue_name=task.queue_name,
        priority=task.priority,
        backend=backend_alias,
        run_after=None,
    )


def _call_of(task: RecurringTask, job_task: AnyTask) -> TaskCall:
    """What the row asks to be called; only a hand in the table stores arguments of another shape."""
    if not (isinstance(task.args, list) and isinstance(task.kwargs, dict)):
        raise EnqueueError("its stored args are no list, or its stored kwargs no mapping")
    return job_task, task.args, task.kwargs


def _storing[T](services: Services, write: Callable[[], T]) -> T:
    """Run `write` in a transaction; again where another process has just made or removed the same task."""
    try:
        return in_transaction(services, write)
    except (IntegrityError, ObjectNotUpdated):
        return in_transaction(services, write)


def _store(
    services: Services, key_hash: str, definition: RecurringOptions, *, is_static: bool
) -> RecurringTask:
    rows = RecurringTask.objects.using(services.database.alias)
    stored = rows.filter(backend_alias=services.alias, key_hash=key_hash).first()
    if stored is not None and stored.is_static and not is_static:
        raise ValueError(f"the recurring task {definition.key!r} is static: change it in the configuration")
    schedule, time_zone = _schedule_columns(definition.schedule)
    columns = {
        "key": definition.key,
        "is_static": is_static,
        "task_path": definition.task_path,
        "schedule": schedule,
        "time_zone": time_zone,
        "catch_up": definition.catch_up,
        "args": list(definition.args),
        "kwargs": dict(definition.kwargs),
        "queue_name": definition.queue_name,
        "priority": definition.priority,
        "description": definition.description,
    }
    if stored is None or (stored.schedule, stored.time_zone) != (schedule, time_zone):
        columns |= {"scheduled_from": services.dialect.now(), "last_run_at": None}
    task = stored or RecurringTask(backend_alias=services.alias, key_hash=key_hash)
    for name, value in columns.items():
        setattr(task, name, value)
    # No others: a scheduler may have fired the task since it was read.
    task.save(using=services.database.alias, update_fields=None if stored is None else columns)
    return task


def _schedule_columns(schedule: CronSchedule) -> tuple[str, str]:
    return schedule.expression, schedule.time_zone or ""
