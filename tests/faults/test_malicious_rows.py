"""Rows written by an attacker who may insert: nothing is imported for them, and everything else goes on."""

import json
import sys
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connections, transaction
from django.test import Client

from dj_queue import api
from dj_queue.models import TABLES
from dj_queue.models.fields import UTCDateTimeField
from dj_queue.operations.ids import make_ids
from dj_queue.operations.metrics import collect
from tests.faults.conftest import GOOD_TIME, unwanted_in
from tests.operations.surgery import Surgeon
from tests.project import tasks
from tests.runtime.where import only_on

TRAPS = ("antigravity", "this", "tests.faults.trap_on_import")
GOOD = "tests.project.tasks.add"
ENTRY = {
    "attempt": 1,
    "class": "tests.faults.trap_on_import.Boom",
    "traceback": "x",
    "worker": "w",
    "at": "soon",
}
DEEP = "[" * 400 + "]" * 400

TO_FAIL = {
    "a function of the standard library": {"task_path": "os.system", "args": '["touch {mark}"]'},
    "a module that acts on import": {"task_path": "antigravity.geohash"},
    "a module alone": {"task_path": "this"},
    "a function that is no task": {"task_path": "tests.faults.trap_on_import.run"},
    "a private path": {"task_path": "tests.faults..trap_on_import/../run"},
    "no path": {"task_path": ""},
    "a path of 10 kB": {"task_path": "tests.faults." + "x" * 10_000},
    "args that are a mapping": {"args": '{"a": 1, "b": 2}'},
    "args that are a text": {"args": '"ab"'},
    "args that are a number": {"args": "7"},
    "kwargs that are a list": {"kwargs": "[1]"},
    "kwargs that are a text": {"kwargs": '"ab"'},
    "args nested deeply": {"args": DEEP},
    "errors that name a class": {"errors": json.dumps([ENTRY]), "args": "[1]"},
    "errors that are a text": {"errors": '"text"', "args": "[1]"},
    "errors that are a mapping": {"errors": '{"a": 1}', "args": "[1]"},
    "errors of numbers": {"errors": "[1, null, []]", "args": "[1]"},
}
TO_RUN = {
    "negative attempts": {"attempts": -5},
    "negative losses": {"lost": -3},
    "a policy that is none": {"on_crash": "explode"},
    "a conflict that is none": {"on_conflict": "explode", "concurrency_limit": -1},
    "the greatest priority": {"priority": 32767},
    "claimed before by nobody": {"process_id": UUID(int=7), "claimed_at": datetime(2020, 1, 1, tzinfo=UTC)},
    "a moment at the end of time": {"enqueued_at": datetime(9999, 12, 31, tzinfo=UTC)},
}
TO_STAY = {
    "a status that is none": {"status": "mystery"},
    "no status": {"status": ""},
}


@pytest.fixture
def insert(services, backend_alias, tmp_path):
    """`insert(**columns)` writes a row by raw SQL; its id, or None where the database refuses it."""
    surgeon = Surgeon(services)

    def write(**columns):
        (job_id,) = make_ids(1)
        values = {
            "id": job_id,
            "backend_alias": backend_alias,
            "queue_name": "default",
            "priority": 0,
            "status": "ready",
            "task_path": GOOD,
            "args": "[1, 2]",
            "kwargs": "{}",
            "enqueued_at": datetime.now(UTC),
            "attempts": 0,
            "lost": 0,
            "on_crash": "retry",
            **columns,
        }
        if isinstance(values["args"], str):
            values["args"] = values["args"].replace("{mark}", str(tmp_path / "mark"))
        places = ", ".join(["%s"] * len(values))
        sql = f"INSERT INTO dj_queue_job ({', '.join(values)}) VALUES ({places})"
        try:
            with transaction.atomic(using=services.database.alias):
                surgeon.run(sql, *values.values())
        except DatabaseError:
            return None
        return job_id

    return write


@pytest.fixture
def untouched(tmp_path, monkeypatch):
    """`untouched()` fails when a trap was imported, here or in a process started from now on."""
    mark = tmp_path / "mark"
    monkeypatch.setenv("DJ_QUEUE_TEST_TRAP", str(mark))
    for name in TRAPS:
        sys.modules.pop(name, None)

    def check():
        assert not mark.exists()
        assert [name for name in TRAPS if name in sys.modules] == []

    return check


@pytest.fixture
def boss():
    """A superuser in front of the admin."""
    client = Client()
    client.force_login(User.objects.create(username="boss", is_staff=True, is_superuser=True))
    yield client
    for model in (LogEntry, Session, User):
        model.objects.all().delete()


@pytest.mark.fault(58)
def test_a_worker_fails_such_jobs_by_name_and_runs_the_others(on, jobs, insert, untouched, fleet, wait_until):
    to_fail = {name: insert(**columns) for name, columns in TO_FAIL.items()}
    to_run = {name: insert(**columns) for name, columns in TO_RUN.items()}
    to_stay = {name: insert(**columns) for name, columns in TO_STAY.items()}
    good = [on(tasks.add).enqueue(number, 1) for number in range(20)]
    fleet.launch(1, options="workers: [{queues: '*', threads: 2}]")
    ids = [job_id for job_id in (*to_fail.values(), *to_run.values()) if job_id is not None]
    ids += [UUID(result.id) for result in good]
    wait_until(lambda: jobs.filter(id__in=ids, finished_at=None).count() == 0, GOOD_TIME)
    ended = dict(jobs.values_list("id", "status"))
    assert {name: ended[job_id] for name, job_id in to_fail.items() if job_id} == {
        name: "failed" for name, job_id in to_fail.items() if job_id
    }
    assert {name: ended[job_id] for name, job_id in to_run.items() if job_id} == {
        name: "successful" for name, job_id in to_run.items() if job_id
    }
    assert {ended[job_id] for job_id in to_stay.values()} == {"mystery", ""}
    assert {ended[UUID(result.id)] for result in good} == {"successful"}
    assert [node.poll() for node in fleet.supervisors] == [None]
    logs = fleet.logs()
    assert unwanted_in(logs) == [], logs
    untouched()


@pytest.mark.fault(58)
def test_the_admin_results_metrics_and_operations_survive_such_rows(
    boss, services, backend_alias, jobs, insert, untouched
):
    rows = {**TO_FAIL, **TO_RUN, **TO_STAY}
    written = {name: insert(**columns) for name, columns in rows.items()}
    failed = {
        name: insert(**{**columns, "status": "failed", "finished_at": datetime.now(UTC)})
        for name, columns in {**TO_FAIL, **TO_RUN}.items()
    }
    for model in ("job", "failedexecution"):
        assert boss.get(f"/admin/dj_queue/{model}/?backend={backend_alias}").status_code == 200
    for job_id in [*written.values(), *failed.values()]:
        if job_id is not None:
            page = boss.get(f"/admin/dj_queue/job/{job_id}/change/?backend={backend_alias}")
            assert page.status_code == 200
    backend = tasks.add.using(backend=backend_alias).get_backend()
    for job_id in [*written.values(), *failed.values()]:
        if job_id is not None and jobs.get(id=job_id).status not in ("mystery", ""):
            result = backend.get_result(str(job_id))
            assert isinstance(result.errors, list)
    assert collect(services)
    assert api.retry_failed_jobs(backend_alias=backend_alias) == len([i for i in failed.values() if i])
    assert api.discard_ready_jobs(backend_alias=backend_alias) > 0
    untouched()


@pytest.mark.fault(58)
@pytest.mark.parametrize("column", ["enqueued_at", "run_after", "started_at"])
@pytest.mark.parametrize("moment", ["infinity", "-infinity", "10000-01-01 00:00:00+00", "soon"])
def test_a_moment_that_is_none_is_refused_or_holds_nobody_up(
    on, services, jobs, insert, run_jobs, column, moment
):
    poison = insert(**{column: moment})
    # SQLite's columns take any text.
    assert (poison is None) == (connections[services.database.alias].vendor != "sqlite")
    on(tasks.add).enqueue(1, 1)
    run_jobs()
    assert set(jobs.values_list("status", flat=True)) == {"successful"}


@pytest.mark.fault(58)
@only_on("postgres")
@pytest.mark.parametrize("model", TABLES, ids=lambda model: model.__name__)
def test_no_table_takes_a_moment_that_cannot_be_read(services, model):
    table = model._meta.db_table
    with connections[services.database.alias].cursor() as cursor:
        found = connections[services.database.alias].introspection.get_constraints(cursor, table)
    (held,) = [set(fact["columns"]) for name, fact in found.items() if name.startswith("djqueue_pg_moments_")]
    assert held == {field.column for field in model._meta.fields if isinstance(field, UTCDateTimeField)}


RECURRING = {
    "a function of the standard library": {"task_path": "os.system", "args": '["touch {mark}"]'},
    "a module that acts on import": {"task_path": "antigravity.geohash"},
    "a function that is no task": {"task_path": "tests.faults.trap_on_import.run"},
    "args that are a mapping": {"args": '{"a": 1, "b": 2}'},
    "args that are a number": {"args": "7"},
    "kwargs that are a list": {"kwargs": "[1]"},
    "a schedule that is none": {"schedule": "whenever"},
    "a schedule that is random": {"schedule": "R R * * *"},
    "a schedule that never fires": {"schedule": "0 0 30 2 *"},
    "a zone outside its folder": {"time_zone": "../../../etc/passwd"},
    "a zone that is none": {"time_zone": "Mars/Olympus"},
    "a rule that is none": {"catch_up": "explode"},
    "no queue": {"queue_name": ""},
    "a priority out of range": {"priority": 32767},
    "a key of 10 kB": {"key": "k" * 10_000},
}


@pytest.mark.fault(58)
def test_a_scheduler_passes_over_such_tasks_and_fires_the_others(
    boss, services, backend_alias, jobs, untouched, fleet, wait_until, tmp_path
):
    surgeon = Surgeon(services)
    ago = services.dialect.now() - timedelta(seconds=90)
    for number, (name, columns) in enumerate({**RECURRING, "in order": {"args": "[20, 22]"}}.items()):
        values = {
            "backend_alias": backend_alias,
            "key": name,
            "key_hash": f"{number:064}",
            "is_static": False,
            "task_path": GOOD,
            "schedule": "* * * * * *",
            "time_zone": "",
            "catch_up": "last",
            "args": "[1, 2]",
            "kwargs": "{}",
            "queue_name": "default",
            "priority": 0,
            "description": "",
            "scheduled_from": ago,
            **columns,
        }
        values["args"] = values["args"].replace("{mark}", str(tmp_path / "mark"))
        quote = connections[services.database.alias].ops.quote_name
        places = ", ".join(["%s"] * len(values))
        surgeon.run(
            f"INSERT INTO dj_queue_recurring_task ({', '.join(map(quote, values))}) VALUES ({places})",
            *values.values(),
        )
    fleet.launch(1, options="scheduler: {dynamic_tasks_enabled: true, polling_interval: 0.2}")
    in_order = jobs.filter(return_value=42, status="successful")
    wait_until(lambda: in_order.count() >= 3, GOOD_TIME)
    assert [node.poll() for node in fleet.supervisors] == [None]
    assert set(jobs.values_list("task_path", flat=True)) == {GOOD}
    address = f"/admin/dj_queue/recurringtask/?backend={backend_alias}"
    assert boss.get(address).status_code == 200
    for (key,) in surgeon.read("SELECT id FROM dj_queue_recurring_task"):
        page = address.replace("/?", f"/{key}/change/?")
        assert boss.get(page).status_code == 200
        form = {"action": "enqueue_now", "_selected_action": [key]}
        assert boss.post(address, form).status_code == 302
    assert set(jobs.values_list("task_path", flat=True)) == {GOOD}
    untouched()
