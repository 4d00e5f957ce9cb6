"""Databases of earlier releases under today's code, and today's code on databases of later ones."""

import json

import pytest
from django.conf import settings
from django.db import connections
from django.tasks import task_backends

from dj_queue import api, models
from dj_queue.contract import Status
from dj_queue.models import Job, RecurringTask
from tests.project import tasks
from tests.runtime.where import only_on
from tests.upgrades import recorded

pytestmark = [pytest.mark.fault(37), pytest.mark.every_server]
GOOD_TIME = 150
MIGRATIONS = sorted(path.name for path in recorded.FOLDER.iterdir())
without_a_pooler = only_on(*[alias for alias in settings.TASKS if alias != "pgbouncer"])
"""A pooler knows none of the databases that a test makes."""
TABLES = (
    models.Job,
    models.Pause,
    models.Process,
    models.RecurringExecution,
    models.RecurringTask,
    models.Semaphore,
)
RUNNABLE, OF_A_LOST_TASK = (1, 3, 5, 6, 7, 8), 2
STARTED_ON_A_LOST_HOST, CLAIMED_THERE = 7, 8
LEFT_ALONE = {4: "scheduled", 9: "successful", 10: "failed", 11: "cancelled", 12: "discarded"}
NEWER = "from_a_newer_version"
MANY = 1500


def id_of(number):
    """The id of the recorded job with this number."""
    digits = f"019b7{number:03x}00007000800000000000{number:04x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


@without_a_pooler
def test_what_migrations_make_is_recorded(other_database):
    path = recorded.path_of(recorded.kind_of(other_database), recorded.latest())
    record = f"python -m tests.upgrades.recorded {other_database.alias}"
    assert path.exists(), f"a new migration: record it by `{record}`, and rows for it"
    assert recorded.text_of(recorded.made_by_migrations(other_database)) == path.read_text()


@pytest.mark.parametrize("migration", MIGRATIONS)
def test_rows_of_every_status_and_every_table_are_recorded(migration):
    rows = json.loads((recorded.FOLDER / migration / "rows.json").read_text())
    assert {row["status"] for row in rows["dj_queue_job"]} == {status.value for status in Status}
    assert set(rows) == {model._meta.db_table for model in TABLES}


@without_a_pooler
@pytest.mark.parametrize("migration", MIGRATIONS)
def test_todays_code_goes_on_with_what_an_earlier_release_left(
    other_database, migration, admin, queue_process, wait_until, backend_alias
):
    recorded.load(other_database, migration)
    shown = admin()
    assert "tests.project.tasks.gone_since" in shown.look_at_everything()
    tell = task_backends[backend_alias].get_result
    assert tell(id_of(9)).return_value == {"sum": [3, "ü"]}
    assert "no such customer" in tell(id_of(10)).errors[0].traceback
    assert api.QueueInfo("paused", backend_alias=backend_alias).paused
    process = queue_process()
    for number in (*RUNNABLE, OF_A_LOST_TASK):
        wait_until(lambda one=number: tell(id_of(one)).is_finished, GOOD_TIME)
    jobs = Job.objects.using(other_database.database.alias)
    assert {jobs.get(id=id_of(number)).status for number in RUNNABLE} == {"successful"}
    assert "UnknownTask" in tell(id_of(OF_A_LOST_TASK)).errors[0].exception_class_path
    assert {number: jobs.get(id=id_of(number)).status for number in LEFT_ALONE} == LEFT_ALONE
    assert (jobs.get(id=id_of(STARTED_ON_A_LOST_HOST)).lost, jobs.get(id=id_of(CLAIMED_THERE)).lost) == (1, 0)
    shown.look_at_everything()
    assert process.poll() is None


@without_a_pooler
def test_columns_of_a_newer_version_disturb_nothing(
    other_database, admin, on, queue_process, wait_until, backend_alias
):
    shown = admin()
    add_newer_columns(connections[other_database.database.alias])
    jobs = Job.objects.using(other_database.database.alias)
    many = task_backends[backend_alias].enqueue_all([(on(tasks.add), (n, n), {}) for n in range(MANY)])
    others = [on(tasks.add).enqueue(1, 2), on(tasks.third_time).enqueue(), on(tasks.anap).enqueue(0.01)]
    keyed = [on(tasks.per_account).enqueue(number % 2) for number in range(6)]
    failing = on(tasks.fail).enqueue("on purpose")
    path = tasks.add.module_path
    api.schedule_recurring_task(
        key="newer", task_path=path, schedule="* * * * * *", args=[1, 1], backend_alias=backend_alias
    )
    process = queue_process(options="scheduler: {dynamic_tasks_enabled: true}\n")
    ids = [result.id for result in (*many, *others, *keyed)]
    wait_until(lambda: jobs.filter(id__in=ids, status="successful").count() == len(ids), GOOD_TIME)
    wait_until(lambda: jobs.get(id=failing.id).status == "failed", GOOD_TIME)
    recurring = RecurringTask.objects.using(other_database.database.alias)
    wait_until(lambda: recurring.get(key="newer").last_run_at, GOOD_TIME)
    jobs.filter(id__in=[result.id for result in many]).delete()
    assert "tests.project.tasks.per_account" in shown.look_at_everything()
    shown.retry(failing.id)
    wait_until(lambda: jobs.get(id=failing.id).attempts == 2, GOOD_TIME)
    assert process.poll() is None
    assert newer_values(connections[other_database.database.alias]) == {"later"}


def add_newer_columns(connection):
    """What a later version may do while this one runs: columns with defaults, and a migration nobody here knows."""
    with connection.cursor() as cursor:
        for model in TABLES:
            table = connection.ops.quote_name(model._meta.db_table)
            cursor.execute(f"ALTER TABLE {table} ADD COLUMN {NEWER} varchar(20) DEFAULT 'later' NOT NULL")
        applied = "INSERT INTO django_migrations (app, name, applied) VALUES ('dj_queue', '0999_newer', %s)"
        cursor.execute(applied, ["2030-01-01 00:00:00"])


def newer_values(connection):
    """What there is in these columns."""
    found = set()
    with connection.cursor() as cursor:
        for model in TABLES:
            cursor.execute(f"SELECT DISTINCT {NEWER} FROM {connection.ops.quote_name(model._meta.db_table)}")
            found |= {row[0] for row in cursor.fetchall()}
    return found
