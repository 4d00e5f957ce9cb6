"""The database roles that the documentation ships: each does its work on the real server, and nothing else."""

import io

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.test import Client

from dj_queue.models import Job
from dj_queue.operations.metrics import collect
from tests.conftest import TABLES
from tests.project import tasks
from tests.runtime.where import only_on_servers
from tests.security.conftest import FILES, ROLES

GOOD_TIME = 120
JOB, SEMAPHORE = "dj_queue_job", "dj_queue_semaphore"
QUEUE = {model._meta.db_table for model in TABLES}
READ = frozenset({"SELECT"})
EVERY_VERB = READ | {"INSERT", "UPDATE", "DELETE"}
MAY = {
    "queue_runtime": {**dict.fromkeys(QUEUE, EVERY_VERB), "django_migrations": READ},
    "queue_web": {JOB: {"INSERT"}},
    "queue_web_keys": {JOB: {"INSERT", "SELECT"}, SEMAPHORE: {"INSERT", "SELECT", "UPDATE"}},
    "queue_dashboard": {**dict.fromkeys(QUEUE, READ), "django_migrations": READ},
}
"""What each role may do to which table."""
STATEMENTS = {
    "SELECT": "SELECT count(*) FROM {0}",
    "INSERT": "INSERT INTO {0} ({1}) VALUES (NULL)",
    "UPDATE": "UPDATE {0} SET {1} = NULL WHERE 1 = 0",
    "DELETE": "DELETE FROM {0} WHERE 1 = 0",
}
COLUMNS = {model._meta.db_table: model._meta.fields[-1].column for model in TABLES} | {
    JOB: "args",
    "django_migrations": "app",
    "somebody_elses": "secret",
}
"""A column of each table to be written; of jobs, one that no enqueuer may change."""
NEVER = (
    "TRUNCATE TABLE dj_queue_job",
    "DROP TABLE dj_queue_job",
    "ALTER TABLE dj_queue_job ADD COLUMN more INTEGER",
    "CREATE TABLE mine (a INTEGER)",
    "CREATE INDEX mine ON dj_queue_job (lost)",
)
NEVER_ON = {
    "postgres": (
        "CREATE SCHEMA mine",
        "CREATE ROLE mine SUPERUSER",
        "SET ROLE {install}",
        "COPY dj_queue_job TO PROGRAM 'true'",
        "SELECT pg_read_file('PG_VERSION')",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TEMPORARY TABLE mine (a INTEGER)",
    ),
    "mysql": (
        "CREATE DATABASE mine",
        "CREATE USER mine",
        "SELECT 1 INTO OUTFILE '/tmp/mine'",
        "SELECT * FROM mysql.user",
        "CREATE TRIGGER mine BEFORE INSERT ON dj_queue_job FOR EACH ROW SET NEW.lost = 1",
    ),
}
REFUSALS = {"postgres": {"42501"}, "mysql": {1044, 1045, 1142, 1143, 1227, 1370}}


def is_refused(accounts, sql):
    """Whether the server refuses the statement for want of a privilege; nothing of it stays."""
    try:
        with transaction.atomic(using=accounts.alias):
            accounts.run(sql)
            transaction.set_rollback(True, using=accounts.alias)
    except DatabaseError as error:
        return getattr(error.__cause__, "sqlstate", error.args[0]) in REFUSALS[accounts.vendor]
    return False


@only_on_servers
def test_each_role_may_do_what_it_is_for_and_nothing_else(accounts):
    wrong = []
    for role, tables in MAY.items():
        with accounts.as_role(role):
            for table in (*QUEUE, "django_migrations", accounts.others_table):
                for verb, sql in STATEMENTS.items():
                    statement = sql.format(table, COLUMNS[table])
                    if is_refused(accounts, statement) == (verb in tables.get(table, ())):
                        wrong.append((role, statement))
            for sql in (*NEVER, *NEVER_ON[accounts.vendor]):
                statement = sql.format(install=accounts.name("queue_install"))
                if not is_refused(accounts, statement):
                    wrong.append((role, statement))
    assert wrong == []


def test_the_files_name_every_table_of_the_queue():
    for path in FILES.glob("*-grants.sql"):
        text = path.read_text()
        assert [table for table in QUEUE if text.count(table) < 2] == []
        assert [role for role in ROLES[1:] if role not in text] == []


@only_on_servers
def test_the_runtime_role_runs_a_whole_queue(accounts, on, queue_process, wait_until):
    with accounts.as_role("queue_runtime"):
        process = queue_process(
            options="recurring: {tick: {task_path: tests.project.tasks.add, schedule: '* * * * * *', args: [1, 2]}}"
        )
        jobs = Job.objects.using(accounts.alias)
        results = [on(tasks.add).enqueue(1, 2), *(on(tasks.per_account).enqueue("a") for _ in range(3))]
        on(tasks.fail).enqueue("on purpose")
        results += on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (1, 2), {})] * 50)
        ids = [result.id for result in results]
        wait_until(lambda: jobs.filter(id__in=ids, status="successful").count() == len(ids), GOOD_TIME)
        wait_until(lambda: jobs.filter(status="failed").exists(), GOOD_TIME)
        wait_until(lambda: jobs.filter(status="successful").count() > len(ids), GOOD_TIME)
        accounts.manage("dj_queue_health", "--backend", accounts.alias, "--repair")
        accounts.manage("dj_queue_prune", "--backend", accounts.alias, "--older-than", "3600")
        process.terminate()
        assert process.wait(60) == 0
        process.log.seek(0)
        log = process.log.read()
        assert "permission" not in log
        assert "denied" not in log


@only_on_servers
def test_the_web_role_enqueues_and_reads_nothing(accounts, on):
    with accounts.as_role("queue_web"):
        single = on(tasks.add).enqueue(1, 2)
        many = on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (1, 2), {})] * 20)
        keyed = on(tasks.per_account).enqueue("a")
        with pytest.raises(DatabaseError):
            on(tasks.add).get_backend().get_result(single.id)
    with accounts.as_role("queue_runtime"):
        jobs = Job.objects.using(accounts.alias)
        assert jobs.filter(id__in=[single.id, *(result.id for result in many)], status="ready").count() == 21
        # Who may not count the slots leaves that to a dispatcher.
        assert jobs.get(id=keyed.id).status == "blocked"


@only_on_servers
def test_the_web_role_with_keys_lets_its_jobs_in(accounts, on):
    with accounts.as_role("queue_web_keys"):
        first, second = on(tasks.per_account).enqueue("a"), on(tasks.per_account).enqueue("a")
    with accounts.as_role("queue_runtime"):
        jobs = Job.objects.using(accounts.alias)
        assert [jobs.get(id=result.id).status for result in (first, second)] == ["ready", "blocked"]


@only_on_servers
def test_the_dashboard_role_shows_everything_and_changes_nothing(
    accounts, services, on, queue_process, wait_until
):
    with accounts.as_role("queue_runtime"):
        queue_process("--only-work")
        (job_id,) = [on(tasks.fail).enqueue("on purpose").id]
        jobs = Job.objects.using(accounts.alias)
        wait_until(lambda: jobs.filter(status="failed").exists(), GOOD_TIME)
    with accounts.as_role("queue_dashboard"):
        out = io.StringIO()
        call_command("dj_queue_health", "--deep", "--backend", accounts.alias, stdout=out)
        assert "is healthy" in out.getvalue()
        assert collect(services)
        User.objects.create(username="boss", is_staff=True, is_superuser=True)
        boss = Client(raise_request_exception=False)
        boss.force_login(User.objects.get(username="boss"))
        address = f"/admin/dj_queue/job/?backend={accounts.alias}"
        for model in ("job", "failedexecution", "process", "recurringtask", "pause", "semaphore"):
            assert boss.get(f"/admin/dj_queue/{model}/?backend={accounts.alias}").status_code == 200
        assert boss.get(address.replace("/?", f"/{job_id}/change/?")).status_code == 200
        form = {"action": "retry", "_selected_action": [job_id]}
        assert boss.post(address, form).status_code == 500
        assert Job.objects.using(accounts.alias).get(id=job_id).status == "failed"
        User.objects.all().delete()
