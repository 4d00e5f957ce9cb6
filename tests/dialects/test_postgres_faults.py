"""What PostgreSQL refuses is said once and clearly, breaks nothing else, and loses no job."""

import os
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError, ProgrammingError, connections, transaction
from django.tasks.exceptions import InvalidTask

from dj_queue.contract import Status
from tests.dialects.refusals import GOOD_TIME, TABLE_NAMES, answers, last_word_without
from tests.project import tasks
from tests.runtime.where import only_on

pytestmark = only_on("postgres")

PASSWORD = "of-this-run"
TABLES = ", ".join(TABLE_NAMES)


@pytest.fixture
def owner(services):
    """`owner(statement)` runs it as who owns the tables."""
    connection = connections[services.database.alias].copy()

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    with closing(connection):
        yield run


@pytest.fixture
def role(services, owner):
    """A role of its own that may read the queue's tables and nothing more."""
    name = f"{settings.DATABASES[services.database.alias]['NAME']}_role"
    owner(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
    owner(f"GRANT SELECT ON {TABLES}, django_migrations TO {name}")
    yield name
    owner(f"DROP OWNED BY {name}")
    owner(f"DROP ROLE {name}")


@pytest.fixture
def as_role(services, role, monkeypatch):
    """This thread's connection, and those of processes started from here, are the role's."""
    connection = connections[services.database.alias]
    url = urlsplit(os.environ["DJ_QUEUE_TEST_POSTGRES_URL"])
    there = url._replace(netloc=f"{role}:{PASSWORD}@{url.netloc.rpartition('@')[2]}")
    with monkeypatch.context() as patch:
        patch.setenv("DJ_QUEUE_TEST_POSTGRES_URL", there.geturl())
        patch.setitem(connection.settings_dict, "USER", role)
        patch.setitem(connection.settings_dict, "PASSWORD", PASSWORD)
        connection.close()
        yield connection
        connection.close()


def test_an_enqueue_without_privileges_names_the_table_and_leaves_the_connection_usable(on, jobs, as_role):
    with pytest.raises(ProgrammingError, match="permission denied for table dj_queue_job"):
        on(tasks.add).enqueue(1, 1)
    assert answers(as_role)
    with transaction.atomic(using=as_role.alias):
        with (
            pytest.raises(ProgrammingError, match="permission denied for table dj_queue_job"),
            transaction.atomic(using=as_role.alias),
        ):
            on(tasks.add).enqueue(1, 1)
        assert answers(as_role)
    assert jobs.count() == 0


def test_one_message_names_missing_privileges_and_its_hint_grants_them(services, owner, as_role, on, jobs):
    owner(f"GRANT INSERT, DELETE ON dj_queue_job TO {as_role.settings_dict['USER']}")
    (message,) = services.dialect.startup_messages()
    assert (message.level, message.id) == ("error", "dj_queue_postgres.E001")
    assert "UPDATE on dj_queue_job; INSERT, UPDATE, DELETE on dj_queue_pause;" in message.text
    owner(message.hint.partition(": ")[2])
    assert list(services.dialect.startup_messages()) == []


def test_a_process_without_privileges_says_so_at_its_start_and_works_once_it_has_them(
    on, owner, jobs, role, request, queue_process, wait_until, log_of
):
    job = on(tasks.add).enqueue(1, 2)
    request.getfixturevalue("as_role")
    process = queue_process()
    wait_until(lambda: "lacks privileges that the queue's processes need" in log_of(process), GOOD_TIME)
    assert process.poll() is None
    owner(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLES} TO {role}")
    owner(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    wait_until(lambda: jobs.filter(id=job.id, status=Status.SUCCESSFUL, attempts=1).exists(), GOOD_TIME)


@pytest.mark.fault(56)
def test_a_process_waits_for_a_free_connection_and_loses_no_attempt(
    on, owner, jobs, role, request, queue_process, wait_until, log_of
):
    owner(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {TABLES} TO {role}")
    owner(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}")
    request.getfixturevalue("as_role")
    job = on(tasks.add).enqueue(1, 2)
    # Enough for the supervisor, not for its children.
    owner(f"ALTER ROLE {role} CONNECTION LIMIT 2")
    process = queue_process()
    wait_until(lambda: "too many connections for role" in log_of(process), GOOD_TIME)
    assert process.poll() is None
    owner(f"ALTER ROLE {role} CONNECTION LIMIT -1")
    wait_until(lambda: jobs.filter(id=job.id, status=Status.SUCCESSFUL, attempts=1).exists(), GOOD_TIME)
    assert "Traceback" not in log_of(process)


@pytest.mark.fault(56)
def test_an_enqueue_without_a_free_connection_says_so_and_the_next_one_works(
    services, on, owner, jobs, role, as_role
):
    owner(f"GRANT INSERT ON dj_queue_job TO {role}")
    owner(f"ALTER ROLE {role} CONNECTION LIMIT 0")
    with pytest.raises(OperationalError, match="too many connections for role") as caught:
        on(tasks.add).enqueue(1, 1)
    assert services.dialect.is_connection_loss(caught.value)
    owner(f"ALTER ROLE {role} CONNECTION LIMIT -1")
    on(tasks.add).enqueue(1, 1)
    assert jobs.count() == 1


def test_a_server_that_takes_no_writes_counts_as_a_lost_connection(services, on, jobs):
    connection = connections[services.database.alias]
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    with pytest.raises(Exception, match="cannot execute INSERT in a read-only transaction") as caught:
        on(tasks.add).enqueue(1, 1)
    assert services.dialect.is_connection_loss(caught.value)
    assert not services.dialect.is_transient(caught.value)
    connection.close()
    on(tasks.add).enqueue(1, 1)
    assert jobs.count() == 1


def test_arguments_that_are_too_large_are_refused_before_any_statement(services, on, jobs):
    alias = services.database.alias
    with transaction.atomic(using=alias):
        on(tasks.add).enqueue(1, 1)
        with pytest.raises(InvalidTask, match="1048576"):
            on(tasks.add).enqueue("x" * 3_000_000, 1)
        on(tasks.add).enqueue(2, 2)
    assert jobs.count() == 2


def test_a_server_that_is_too_old_is_told_which_version_is_needed(backend_alias):
    from dj_queue_postgres import tuning

    (message,) = tuning.advise("queue", 140011)
    assert message.text == "database 'queue' is PostgreSQL 14; dj_queue is tested on 15 and newer"
    assert message.hint == "Upgrade the server."
    assert tuning.advise("queue", 150000) == []


def test_without_the_driver_the_queue_says_what_to_install(backend_alias, tmp_path):
    assert last_word_without(("psycopg", "psycopg2"), backend_alias, tmp_path) == (
        f"CommandError: DATABASES['{backend_alias}']: Error loading psycopg2 or psycopg module; "
        'pip install "dj-queue[postgres]"'
    )
