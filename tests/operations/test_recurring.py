"""Recurring: tasks in step with the configuration; each slot once, never one from before the task was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dj_queue.config.recurring import parse_recurring
from dj_queue.contract import Status, events
from dj_queue.exceptions import DispatchPolicyError, UnknownTask
from dj_queue.models import RecurringExecution, RecurringTask
from dj_queue.operations import recurring
from tests.project import tasks

NOON = datetime(2020, 6, 1, 12, tzinfo=UTC)
HOURLY = {"task_path": "tests.project.tasks.add", "schedule": "0 * * * * UTC", "args": [1, 2]}
AN_HOUR = timedelta(hours=1)


def definition(key="report", **changes):
    return parse_recurring(key, {**HOURLY, **changes}, "test")


@pytest.fixture
def rows(services):
    """The stored recurring tasks."""
    return RecurringTask.objects.using(services.database.alias)


@pytest.fixture
def firings(services):
    """The stored firings."""
    return RecurringExecution.objects.using(services.database.alias)


@pytest.fixture
def since_noon(services, rows):
    """`since_noon(**changes)` is a dynamic task that exists since NOON."""

    def make(key="report", **changes):
        task = recurring.save_dynamic(services, definition(key, **changes))
        rows.filter(id=task.id).update(scheduled_from=NOON)
        return rows.get(id=task.id)

    return make


def test_static_tasks_follow_the_configuration(configure, rows):
    two = {"report": HOURLY, "digest": {**HOURLY, "schedule": "@daily", "time_zone": "Asia/Tokyo"}}
    recurring.sync_static(configure(recurring=two))
    assert sorted(rows.values_list("key", "schedule", "time_zone", "is_static")) == [
        ("digest", rows.get(key="digest").schedule, "Asia/Tokyo", True),
        ("report", "0 * * * *", "UTC", True),
    ]
    changed = {"report": {**HOURLY, "priority": 7, "queue_name": "low", "kwargs": {"b": 1}, "args": []}}
    recurring.sync_static(configure(recurring=changed))
    (task,) = rows.all()
    assert (task.priority, task.queue_name, task.args, task.kwargs) == (7, "low", [], {"b": 1})
    recurring.sync_static(configure(recurring={}))
    assert not rows.exists()


def test_a_static_task_keeps_its_past_unless_its_schedule_changes(configure, rows):
    recurring.sync_static(configure(recurring={"report": HOURLY}))
    rows.update(scheduled_from=NOON, last_run_at=NOON + AN_HOUR)
    recurring.sync_static(configure(recurring={"report": {**HOURLY, "priority": 1}}))
    task = rows.get()
    assert (task.scheduled_from, task.last_run_at) == (NOON, NOON + AN_HOUR)
    recurring.sync_static(configure(recurring={"report": {**HOURLY, "schedule": "30 * * * * UTC"}}))
    task = rows.get()
    assert task.scheduled_from > NOON
    assert task.last_run_at is None


class Meanwhile(list):
    """Arguments that have something done once when they are read: after the task's row was, before it is written."""

    def __init__(self, *works):
        super().__init__([1, 2])
        self._works = list(works)

    def __iter__(self):
        while self._works:
            self._works.pop()()
        return super().__iter__()


def test_a_slot_that_fires_while_its_task_is_stored_again_is_not_fired_twice(
    services, since_noon, rows, firings, jobs
):
    task, slot = since_noon(), NOON + AN_HOUR
    changed = definition(description="changed")
    args = Meanwhile(lambda: recurring.fire(services, task, slot))
    recurring.save_dynamic(services, replace(changed, args=args))
    assert (rows.get().description, rows.get().last_run_at) == ("changed", slot)
    firings.all().delete()
    assert recurring.fire(services, rows.get(), slot) is False
    assert jobs.count() == 1


def test_a_task_removed_while_it_is_changed_is_there_with_the_change(services, since_noon, rows):
    since_noon()
    changed = definition(description="changed")
    args = Meanwhile(lambda: recurring.remove_dynamic(services, "report"))
    recurring.save_dynamic(services, replace(changed, args=args))
    assert rows.get().description == "changed"


def test_static_tasks_leave_dynamic_ones_and_other_aliases_alone(configure, services, rows):
    recurring.save_dynamic(services, definition("dynamic"))
    recurring.sync_static(configure(recurring={"other": HOURLY}))
    rows.filter(key="other").update(backend_alias="another")
    recurring.sync_static(configure(recurring={}))
    assert set(rows.values_list("key", flat=True)) == {"dynamic", "other"}


def test_schedulers_that_start_at_once_make_each_static_task_once(configure, rows, at_once):
    services = configure(recurring={f"task {number}": HOURLY for number in range(5)})
    at_once(*[lambda: recurring.sync_static(services)] * 4)
    assert rows.count() == 5


def test_keys_that_differ_in_case_or_accent_are_different_tasks(services, rows):
    for key in ("report", "Report", "répört", "report "):
        recurring.save_dynamic(services, definition(key))
    assert rows.count() == 4


def test_a_dynamic_task_is_made_changed_and_removed(services, rows):
    recurring.save_dynamic(services, definition(description="first"))
    changed = recurring.save_dynamic(services, definition(description="second", catch_up="all"))
    assert (changed.description, changed.catch_up, rows.count()) == ("second", "all", 1)
    assert [recurring.remove_dynamic(services, "report") for _ in range(2)] == [1, 0]


def test_a_static_task_is_neither_changed_nor_removed_at_run_time(configure, rows):
    services = configure(recurring={"report": HOURLY})
    recurring.sync_static(services)
    with pytest.raises(ValueError, match="static"):
        recurring.save_dynamic(services, definition())
    assert recurring.remove_dynamic(services, "report") == 0
    assert rows.get().is_static


def test_dynamic_tasks_are_active_where_the_options_say_so(configure, services):
    recurring.save_dynamic(services, definition())
    assert recurring.active_tasks(services) == []
    services = configure(scheduler={"dynamic_tasks_enabled": True})
    assert [task.key for task in recurring.active_tasks(services)] == ["report"]


def test_a_new_task_has_no_slot_from_before_it_was(services):
    task = recurring.save_dynamic(services, definition(schedule="0 0 1 1 *", catch_up="all"))
    assert recurring.due_slots(task, services.dialect.now()) == []


@pytest.mark.fault(32)
@pytest.mark.parametrize(("catch_up", "count", "latest"), [("none", 0, None), ("last", 1, 3), ("all", 3, 3)])
def test_slots_missed_for_long_are_caught_up_by_the_tasks_rule(since_noon, catch_up, count, latest):
    task = since_noon(catch_up=catch_up)
    slots = recurring.due_slots(task, NOON + 3 * AN_HOUR + timedelta(minutes=2))
    assert len(slots) == count
    assert slots == sorted(slots)
    if latest:
        assert slots[-1] == NOON + latest * AN_HOUR


@pytest.mark.parametrize("catch_up", ["none", "last", "all"])
def test_a_slot_on_time_is_due_whatever_the_rule(since_noon, catch_up):
    task = since_noon(catch_up=catch_up)
    on_time = NOON + AN_HOUR
    assert recurring.due_slots(task, on_time - timedelta(milliseconds=1)) == []
    assert recurring.due_slots(task, on_time + timedelta(seconds=30)) == [on_time]
    task.last_run_at = on_time
    assert recurring.due_slots(task, on_time + timedelta(seconds=30)) == []
    assert recurring.next_slot(task, on_time) == on_time + AN_HOUR


def test_of_very_many_missed_slots_the_latest_hundred_are_caught_up(since_noon):
    task = since_noon(catch_up="all", schedule="* * * * * UTC")
    slots = recurring.due_slots(task, NOON + timedelta(days=30))
    assert len(slots) == 100
    assert slots[-1] == NOON + timedelta(days=30)


def test_a_slot_is_fired_once_as_a_job_with_the_tasks_settings(services, since_noon, jobs, firings, heard):
    task = since_noon(queue_name="low", priority=-3)
    slot = NOON + AN_HOUR
    assert [recurring.fire(services, task, slot) for _ in range(2)] == [True, False]
    (job,) = jobs.all()
    assert (job.task_path, job.args, job.queue_name, job.priority) == (HOURLY["task_path"], [1, 2], "low", -3)
    assert (job.status, job.run_after) == (Status.READY, None)
    (firing,) = firings.all()
    assert (firing.run_at, firing.job_id, firing.key_hash) == (slot, job.id, task.key_hash)
    task.refresh_from_db(using=services.database.alias)
    assert task.last_run_at == slot
    assert [event.count for event in heard.events if event.name == events.FIRE] == [1]
    assert heard.announced == [["low"]]


@pytest.mark.fault(31)
def test_schedulers_at_once_fire_each_slot_once(services, since_noon, jobs, firings, at_once):
    keys = [f"task {number}" for number in range(4)]
    read = [since_noon(key, catch_up="all") for key in keys]
    now = NOON + 5 * AN_HOUR

    def schedule():
        for task in read:
            recurring.fire_due(services, task, now)

    at_once(schedule, schedule, schedule)
    assert jobs.count() == 20
    slots = set(firings.values_list("key_hash", "run_at"))
    assert slots == {(task.key_hash, NOON + hours * AN_HOUR) for task in read for hours in range(1, 6)}


def test_a_scheduler_that_lags_behind_fires_no_earlier_slot_and_sets_nothing_back(
    services, since_noon, jobs, rows
):
    task = since_noon()
    recurring.fire(services, task, NOON + 2 * AN_HOUR)
    assert recurring.fire(services, task, NOON + AN_HOUR) is False
    assert jobs.count() == 1
    assert rows.get().last_run_at == NOON + 2 * AN_HOUR


def test_a_slot_whose_record_was_pruned_is_not_fired_again(services, since_noon, jobs, firings):
    task = since_noon()
    recurring.fire(services, task, NOON + AN_HOUR)
    firings.all().delete()
    assert recurring.fire(services, task, NOON + AN_HOUR) is False
    assert jobs.count() == 1


def test_a_task_set_back_by_hand_does_not_fire_a_recorded_slot_again(services, since_noon, rows, jobs):
    task = since_noon()
    recurring.fire(services, task, NOON + AN_HOUR)
    rows.update(last_run_at=None)
    assert recurring.fire(services, task, NOON + AN_HOUR) is False
    assert jobs.count() == 1


def test_a_task_removed_or_rescheduled_since_it_was_read_does_not_fire(services, since_noon, jobs):
    removed, rescheduled = since_noon("removed"), since_noon("rescheduled")
    recurring.remove_dynamic(services, "removed")
    recurring.save_dynamic(services, definition("rescheduled", schedule="0 0 * * * UTC"))
    for task in (removed, rescheduled):
        assert recurring.fire(services, task, NOON + AN_HOUR) is False
    assert not jobs.exists()


def test_a_rescheduled_task_does_not_fire_past_slots_of_its_new_schedule(services, since_noon, rows):
    since_noon(catch_up="all")
    recurring.save_dynamic(services, definition(catch_up="all", schedule="* * * * * UTC"))
    task = rows.get()
    assert task.scheduled_from > NOON
    # A minute may have begun since.
    assert recurring.due_slots(task, task.scheduled_from) == []


def test_a_firing_that_fails_leaves_neither_job_nor_record(services, since_noon, jobs, firings, monkeypatch):
    class Broken(Exception):
        pass

    def failing(batch):
        raise Broken

    task = since_noon()
    with monkeypatch.context() as patch, pytest.raises(Broken):
        patch.setattr(services.dialect, "insert_jobs", failing)
        recurring.fire(services, task, NOON + AN_HOUR)
    assert not jobs.exists()
    assert not firings.exists()
    assert recurring.fire(services, task, NOON + AN_HOUR) is True


BROKEN_TASKS = {
    "unknown path": {"task_path": "tests.project.tasks.gone"},
    "path of no task": {"task_path": "os.path.join"},
    "unreadable schedule": {"schedule": "every day"},
    "unknown zone": {"time_zone": "Mars/Olympus"},
    "arguments of another shape": {"args": 5},
    "keyword arguments of another shape": {"kwargs": [1]},
    "refused queue": {"queue_name": "mail*"},
}


@pytest.mark.fault(34)
@pytest.mark.parametrize("name", BROKEN_TASKS)
def test_a_task_that_cannot_be_fired_is_logged_and_holds_up_no_other(
    services, since_noon, rows, jobs, caplog, name
):
    broken, sound = since_noon("broken"), since_noon("sound")
    rows.filter(id=broken.id).update(**BROKEN_TASKS[name])
    broken.refresh_from_db(using=services.database.alias)
    now = NOON + AN_HOUR + timedelta(minutes=15)
    assert recurring.fire_due(services, broken, now) is None
    assert "recurring task broken cannot be fired" in caplog.text
    assert recurring.fire_due(services, sound, now) == 45 * 60
    assert jobs.count() == 1
    assert rows.get(key="broken").last_run_at is None


def test_a_task_that_comes_back_fires_what_it_missed_by_its_rule(services, since_noon, rows, jobs):
    task = since_noon(task_path="tests.project.tasks.gone")
    recurring.fire_due(services, task, NOON + AN_HOUR)
    rows.update(task_path=HOURLY["task_path"])
    recurring.fire_due(services, rows.get(), NOON + 2 * AN_HOUR)
    assert jobs.count() == 1


def test_options_of_the_task_hold_for_its_firings(services, since_noon, jobs, monkeypatch):
    task = since_noon(task_path="tests.project.tasks.per_account", args=["a"])
    for hours in (1, 2):
        recurring.fire(services, task, NOON + hours * AN_HOUR)
    assert list(jobs.order_by("id").values_list("status", flat=True)) == [Status.READY, Status.BLOCKED]
    monkeypatch.setattr(tasks.per_account.func, "concurrency_limit", 0)
    with pytest.raises(DispatchPolicyError):
        recurring.fire(services, task, NOON + 3 * AN_HOUR)


def test_a_task_can_be_run_at_once_apart_from_its_schedule(services, since_noon, jobs, firings, rows):
    task = since_noon(queue_name="low", priority=4)
    job_id = recurring.run_now(services, task)
    job = jobs.get()
    assert (str(job.id), job.queue_name, job.priority, job.args) == (job_id, "low", 4, [1, 2])
    assert not firings.exists()
    assert rows.get().last_run_at is None
    task.task_path = "os.system"
    with pytest.raises(UnknownTask):
        recurring.run_now(services, task)
