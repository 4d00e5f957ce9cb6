"""On PostgreSQL workers vacuum the table of jobs after a burst, where that is due and theirs to do."""

from contextlib import closing

import pytest
from django.db import connections
from django.db.models import F

from dj_queue.models import Job
from tests.dialects import backlog
from tests.runtime.where import only_on

pytestmark = [pytest.mark.every_server, only_on("postgres", "postgres18")]

ENOUGH = 5_000
"""Ended jobs after which a small table is worth it."""
ROLE = "dj_queue_no_owner"
LAST = "SELECT last_vacuum FROM pg_stat_user_tables WHERE relid = 'dj_queue_job'::regclass"


@pytest.fixture
def connection(services):
    return connections[services.database.alias]


@pytest.fixture
def vacuum(services, connection):
    """What a process that has just begun has, at a table for which nothing else is due."""
    from dj_queue_postgres.vacuum import Vacuum

    answer(connection, "VACUUM dj_queue_job")
    return Vacuum(services.database.alias)


@pytest.fixture
def is_vacuumed(vacuum, connection):
    """`is_vacuumed()`: whether that was done since it was asked last."""
    known = [answer(connection, LAST)]

    def ask():
        known.append(answer(connection, LAST))
        return known[-1] != known[-2]

    return ask


def answer(connection, query, *params):
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        row = cursor.fetchone() if cursor.description else None
    return row and row[0]


def test_the_room_of_dead_versions_is_used_again(services, vacuum, connection):
    backlog.fill(services, 1, 1_000)
    jobs = Job.objects.using(connection.alias)
    sizes = []
    for _ in range(4):
        jobs.update(priority=F("priority") + 1)
        vacuum.after(ENOUGH)
        sizes.append(answer(connection, "SELECT pg_table_size('dj_queue_job')"))
    assert sizes[1:] == sizes[:1] * 3


def test_a_few_jobs_are_not_worth_it_until_they_add_up(vacuum, is_vacuumed):
    vacuum.after(ENOUGH - 1)
    assert not is_vacuumed()
    vacuum.after(1)
    assert is_vacuumed()
    vacuum.after(1)
    assert not is_vacuumed()


@pytest.fixture
def believe(connection):
    """`believe(name, value)` has the server believe that of the table's size."""

    def change(name, value):
        answer(connection, f"UPDATE pg_class SET {name} = %s WHERE oid = 'dj_queue_job'::regclass", value)

    yield change
    answer(connection, "ANALYZE dj_queue_job")


def test_a_table_of_many_rows_is_worth_it_later(vacuum, believe, is_vacuumed):
    believe("reltuples", 1_000_000)
    vacuum.after(49_999)
    assert not is_vacuumed()
    vacuum.after(1)
    assert is_vacuumed()


def test_what_another_process_vacuumed_counts(services, vacuum, is_vacuumed):
    from dj_queue_postgres.vacuum import Vacuum

    vacuum.after(1)
    Vacuum(services.database.alias).after(ENOUGH)
    assert is_vacuumed()
    vacuum.after(ENOUGH)
    assert not is_vacuumed()
    vacuum.after(ENOUGH)
    assert is_vacuumed()


def test_a_large_table_is_left_to_autovacuum(vacuum, believe, is_vacuumed):
    believe("relpages", 65_536)
    vacuum.after(ENOUGH)
    assert not is_vacuumed()


def test_no_vacuum_that_an_old_transaction_would_make_useless(services, vacuum, connection, is_vacuumed):
    old = connection.copy()
    with closing(old), old.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT 1")
        backlog.make_due(services, 1)
        for job in Job.objects.using(connection.alias):
            job.save(using=connection.alias)
            job.save(using=connection.alias)
        vacuum.after(ENOUGH)
        assert not is_vacuumed()
    vacuum.after(1)
    assert is_vacuumed()


@pytest.mark.parametrize("off", ["off", "false"])
def test_who_switches_autovacuum_off_for_the_table_switches_this_off(vacuum, connection, is_vacuumed, off):
    answer(connection, f"ALTER TABLE dj_queue_job SET (autovacuum_enabled = {off})")
    try:
        vacuum.after(ENOUGH)
        assert not is_vacuumed()
    finally:
        answer(connection, "ALTER TABLE dj_queue_job RESET (autovacuum_enabled)")


@pytest.fixture
def role(connection):
    """A role of its own for this session, which may read and write the table."""
    answer(connection, f"CREATE ROLE {ROLE}")
    answer(connection, f"GRANT SELECT, INSERT, UPDATE, DELETE ON dj_queue_job TO {ROLE}")
    answer(connection, f"SET ROLE {ROLE}")
    yield ROLE
    answer(connection, "RESET ROLE")
    answer(connection, f"DROP OWNED BY {ROLE}")
    answer(connection, f"DROP ROLE {ROLE}")


def test_who_may_not_vacuum_does_not_try(vacuum, connection, role, is_vacuumed):
    notices = []
    connection.connection.add_notice_handler(lambda notice: notices.append(notice.message_primary))
    vacuum.after(ENOUGH)
    assert not is_vacuumed()
    assert notices == []


def test_the_privilege_to_maintain_is_enough_where_there_is_one(vacuum, connection, role, is_vacuumed):
    if connection.pg_version < 170000:
        pytest.skip("no such privilege before version 17")
    answer(connection, "RESET ROLE")
    answer(connection, f"GRANT MAINTAIN ON dj_queue_job TO {role}")
    answer(connection, f"SET ROLE {role}")
    vacuum.after(ENOUGH)
    assert is_vacuumed()
