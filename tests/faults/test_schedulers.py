"""Many schedulers with the same recurring tasks, and some of them killed."""

import os
import random
import signal
import time
from collections import defaultdict
from contextlib import suppress

import pytest

from dj_queue.cron import CronSchedule
from dj_queue.models import Job, RecurringExecution, RecurringTask
from tests.faults.conftest import GOOD_TIME
from tests.faults.footprint import children

SCHEDULERS = 5
TASKS = 50
PERIOD = 10
"""Seconds for each round."""
BETWEEN_KILLS = 3
ALONE = """
workers: []
dispatchers: []
recurring:
"""
A_TASK = '  task{0}: {{task_path: tests.project.tasks.add, schedule: "*/{1} * * * * *", args: [1, {0}], catch_up: all}}\n'
OPTIONS = ALONE + "".join(A_TASK.format(number, 1 + number % 5) for number in range(TASKS))


def kill(supervisor):
    """The whole node at once: nobody is left to start a scheduler again."""
    for pid in (supervisor.pid, *children(supervisor.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.mark.of_the_runtime
@pytest.mark.fault(31)
def test_each_slot_is_fired_once_and_none_is_missed_while_one_scheduler_lives(
    services, fleet, wait_until, hold_to_promises, figures, rounds
):
    fleet.launch(SCHEDULERS, options=OPTIONS)
    wait_until(lambda: len(fleet.pids("scheduler")) == SCHEDULERS, GOOD_TIME)
    over = time.monotonic() + PERIOD * len(rounds)
    next_kill = time.monotonic()
    while time.monotonic() < over:
        if time.monotonic() >= next_kill:
            kill(random.choice(fleet.supervisors))
            figures.note("killed schedulers", 1)
            next_kill += BETWEEN_KILLS
        time.sleep(0.1)
        fleet.keep_up()
    ended = services.dialect.now()
    tasks = RecurringTask.objects.using(services.database.alias)
    wait_until(lambda: tasks.filter(last_run_at__gte=ended).count() == TASKS, GOOD_TIME)
    stop(fleet, wait_until)
    fired = fired_slots(services)
    for task in tasks.all():
        wanted = CronSchedule(task.schedule).slots_between(task.scheduled_from, task.last_run_at, 10_000)
        assert sorted(fired[task.key_hash]) == wanted, task.key
    rows = RecurringExecution.objects.using(services.database.alias)
    jobs = Job.objects.using(services.database.alias)
    assert set(rows.values_list("job_id", flat=True)) == set(jobs.values_list("id", flat=True))
    assert rows.count() == jobs.count()
    figures.note("slots fired", rows.count())
    lags = [(created - slot).total_seconds() for created, slot in rows.values_list("created_at", "run_at")]
    figures.most("99 of 100 slots fired within s", sorted(lags)[int(0.99 * len(lags))])
    hold_to_promises()


def fired_slots(services):
    """By the hash of the task's key."""
    found = defaultdict(list)
    for row in RecurringExecution.objects.using(services.database.alias):
        found[row.key_hash].append(row.run_at)
    return found


def stop(fleet, wait_until):
    """All of them, in order: nothing fires any more."""
    for node in fleet.supervisors:
        node.send_signal(signal.SIGTERM)
    wait_until(lambda: all(node.poll() is not None for node in fleet.supervisors), GOOD_TIME)
