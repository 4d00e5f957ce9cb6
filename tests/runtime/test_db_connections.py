"""A thread's connections between jobs."""

import threading

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from dj_queue.models import Job
from dj_queue.runtime.db_connections import (
    close_all,
    close_before_fork,
    distrust,
    is_in_transaction,
    reset_after_task,
)
from tests.project import tasks
from tests.runtime.where import only_on_servers


@pytest.fixture
def in_thread(services):
    """`in_thread(work)` runs `work(connection)` in a thread of its own, with an open connection, and closes it."""

    def run(work):
        answers, errors = [], []

        def target():
            connection = connections[services.database.alias]
            connection.ensure_connection()
            try:
                answers.append(work(connection))
            except BaseException as error:
                errors.append(error)
            finally:
                close_all()

        thread = threading.Thread(target=target)
        thread.start()
        thread.join(60)
        if errors:
            raise errors[0]
        return answers[0]

    return run


def count(connection):
    return Job.objects.using(connection.alias).count()


def test_a_clean_connection_stays_open(in_thread):
    def work(connection):
        raw = connection.connection
        for _ in range(3):
            count(connection)
            reset_after_task()
        return connection.connection is raw

    assert in_thread(work)


def leave_transaction(connection):
    transaction.atomic(using=connection.alias).__enter__()
    Job.objects.using(connection.alias).update(priority=5)


def leave_nested_transactions(connection):
    leave_transaction(connection)
    leave_transaction(connection)


def leave_autocommit_off(connection):
    transaction.set_autocommit(False, using=connection.alias)
    Job.objects.using(connection.alias).update(priority=5)


def leave_rollback_pending(connection):
    leave_transaction(connection)
    transaction.set_rollback(True, using=connection.alias)


def close_inside_a_transaction(connection):
    leave_transaction(connection)
    connection.close()


@pytest.mark.fault(44)
@pytest.mark.parametrize(
    "leave",
    [
        leave_transaction,
        leave_nested_transactions,
        leave_autocommit_off,
        leave_rollback_pending,
        close_inside_a_transaction,
    ],
)
def test_what_was_left_open_is_rolled_back_and_the_next_statement_works(in_thread, jobs, on, leave):
    on(tasks.add).enqueue(1, 1)

    def work(connection):
        leave(connection)
        reset_after_task()
        assert not is_in_transaction()
        assert connection.get_autocommit()
        return count(connection)

    assert in_thread(work) == 1
    assert jobs.get().priority == 0


def test_a_connection_with_an_error_that_is_not_about_data_is_given_up(in_thread):
    def work(connection):
        with pytest.raises(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT FROM WHERE")
        reset_after_task()
        return connection.connection

    assert in_thread(work) is None


def test_a_connection_that_refused_data_stays_open(in_thread, on, jobs):
    on(tasks.add).enqueue(1, 1)

    def work(connection):
        raw = connection.connection
        with pytest.raises(IntegrityError):
            jobs.get().save(using=connection.alias, force_insert=True)
        reset_after_task()
        return connection.connection is raw

    assert in_thread(work)


@only_on_servers
def test_a_connection_that_the_server_ended_is_found_by_distrust(in_thread):
    def work(connection):
        before = _server_side_id(connection)
        killer = connection.copy()
        # It waits until the connection is gone, a minute at most.
        verb = "SELECT pg_terminate_backend(%s, 60000)" if connection.vendor == "postgresql" else "KILL %s"
        with killer.cursor() as cursor:
            cursor.execute(verb, [before])
        killer.close()
        reset_after_task()
        distrust()
        return before, _server_side_id(connection)

    before, after = in_thread(work)
    assert before != after


def _server_side_id(connection):
    function = "pg_backend_pid" if connection.vendor == "postgresql" else "connection_id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}()")
        return cursor.fetchone()[0]


def test_distrust_is_over_after_one_look(in_thread):
    def work(connection):
        distrust()
        count(connection)
        assert connection.health_check_done
        reset_after_task()
        return connection.health_check_enabled

    assert in_thread(work) is False


def test_a_connection_past_its_age_is_closed(in_thread):
    def work(connection):
        connection.settings_dict = {**connection.settings_dict, "CONN_MAX_AGE": 1}
        connection.close_at = 0.0
        reset_after_task()
        return connection.connection

    assert in_thread(work) is None


@pytest.mark.parametrize(
    "leave", [leave_transaction, close_inside_a_transaction, lambda c: c.connection.close()]
)
def test_everything_closes_in_whatever_state_it_is(in_thread, leave):
    def work(connection):
        leave(connection)
        close_before_fork()
        assert connection.connection is None
        return count(connection)

    assert in_thread(work) == 0
