"""The INSERT of one job is prepared where a connection keeps its session, and nowhere else."""

import pytest
from django.db import connections, transaction

from tests.project.tasks import add
from tests.runtime.where import only_on

KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%INSERT INTO dj_queue_job %'"

pytestmark = pytest.mark.every_server
on_postgres = only_on("postgres", "postgres18")


@pytest.fixture
def connection(services):
    """This thread's connection, not opened yet."""
    connection = connections[services.database.alias]
    connection.close()
    yield connection
    connection.close()


def kept(connection):
    """How many of our statements the session keeps."""
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return cursor.fetchone()[0]


@on_postgres
def test_a_connection_prepares_its_inserts_from_the_second_on(on, connection, jobs):
    counts = []
    for number in range(4):
        on(add).enqueue(number, 1)
        counts.append(kept(connection))
    assert counts == [0, 1, 1, 1]
    assert sorted(job.args[0] for job in jobs.all()) == [0, 1, 2, 3]


@on_postgres
def test_a_rollback_right_after_it_was_prepared_is_no_problem(on, connection, jobs):
    on(add).enqueue(1, 1)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), transaction.atomic(using=connection.alias):
            on(add).enqueue(2, 2)
            raise ZeroDivisionError
    on(add).enqueue(3, 3)
    assert kept(connection) == 1
    assert sorted(job.args[0] for job in jobs.all()) == [1, 3]


@on_postgres
def test_a_new_session_is_asked_anew(on, connection, jobs):
    for _ in range(2):
        on(add).enqueue(1, 1)
    connection.close()
    for _ in range(2):
        on(add).enqueue(1, 1)
    assert kept(connection) == 1
    assert jobs.count() == 4


@on_postgres
def test_a_schema_that_is_set_later_gets_the_job(on, connection, jobs):
    for _ in range(2):
        on(add).enqueue(1, 1)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE SCHEMA tenant CREATE TABLE dj_queue_job (LIKE public.dj_queue_job INCLUDING ALL)"
        )
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = tenant, public")
        on(add).enqueue(2, 2)
        assert [job.args[0] for job in jobs.all()] == [2]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET search_path")
            cursor.execute("DROP SCHEMA tenant CASCADE")
    assert jobs.count() == 2


@only_on("pgbouncer")
def test_through_a_pooler_nothing_is_prepared(on, connection, jobs):
    for number in range(3):
        on(add).enqueue(number, 1)
        with transaction.atomic(using=connection.alias):
            on(add).enqueue(number, 2)
    assert connection.connection.prepare_threshold is None
    assert kept(connection) == 0
    assert jobs.count() == 6
