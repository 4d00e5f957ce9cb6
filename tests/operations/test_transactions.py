"""Transactions: tried again when another was in the way, once only inside the caller's."""

import threading

import pytest
from django.db import OperationalError, connections, transaction

from dj_queue.contract import Status
from dj_queue.operations.transactions import QUICK_TRIES, after_commit, in_transaction, repeating
from tests.project import tasks

pytestmark = pytest.mark.every_server


class Busy(Exception):
    pass


@pytest.fixture
def busy_is_transient(services, monkeypatch):
    """The dialect takes `Busy` for an error that may pass."""
    monkeypatch.setattr(services.dialect, "is_transient", lambda error: isinstance(error, Busy))
    monkeypatch.setattr("dj_queue.operations.transactions.QUICK_PAUSE", 0.0)


@pytest.fixture
def works_at():
    """`works_at(number)` raises Busy until it is called that many times."""

    def make(number, error=Busy):
        def work():
            work.calls += 1
            if work.calls < number:
                raise error
            return "done"

        work.calls = 0
        return work

    return make


@pytest.mark.fault(25)
@pytest.mark.parametrize("run", [in_transaction, repeating])
def test_work_is_tried_again_until_it_succeeds(services, busy_is_transient, works_at, run):
    work = works_at(QUICK_TRIES)
    assert run(services, work) == "done"
    assert work.calls == QUICK_TRIES


@pytest.mark.parametrize("run", [in_transaction, repeating])
def test_tries_come_to_an_end(services, busy_is_transient, works_at, run):
    work = works_at(1000)
    with pytest.raises(Busy):
        run(services, work)
    assert work.calls == QUICK_TRIES


@pytest.mark.parametrize("run", [in_transaction, repeating])
def test_other_errors_are_raised_at_once(services, busy_is_transient, works_at, run):
    work = works_at(5, ValueError)
    with pytest.raises(ValueError):
        run(services, work)
    assert work.calls == 1


def test_inside_the_callers_transaction_work_runs_once(services, busy_is_transient, works_at):
    work = works_at(2)
    with transaction.atomic(using=services.database.alias):
        with pytest.raises(Busy):
            in_transaction(services, work)
        assert work.calls == 1
        assert in_transaction(services, work) == "done"


def test_each_try_begins_from_nothing(services, on, jobs, busy_is_transient):
    tries = []

    def work():
        on(tasks.add).enqueue(1, 2)
        tries.append(jobs.count())
        if len(tries) < 3:
            raise Busy

    in_transaction(services, work)
    assert tries == [1, 1, 1]
    assert jobs.count() == 1


def test_after_work_that_fails_inside_it_the_callers_transaction_is_usable(services, on, jobs):
    def work():
        on(tasks.add).enqueue(1, 2)
        raise ValueError

    with transaction.atomic(using=services.database.alias):
        with pytest.raises(ValueError):
            in_transaction(services, work)
        on(tasks.add).enqueue(3, 4)
    assert jobs.get().args == [3, 4]


def test_what_follows_a_commit_runs_at_once_where_none_is_open(services):
    ran = []
    after_commit(services, lambda: ran.append(1))
    assert ran == [1]


def test_what_follows_a_commit_waits_for_the_outer_one_and_raises_nothing_then(services, caplog):
    ran = []

    def work():
        ran.append(1)
        raise ValueError("after the commit")

    with transaction.atomic(using=services.database.alias):
        with transaction.atomic(using=services.database.alias):
            after_commit(services, work)
        assert ran == []
    assert ran == [1]
    assert "after the commit" in caplog.text


@pytest.mark.fault(27)
def test_a_foreign_writer_that_holds_the_lock_is_waited_for(services, on, jobs, at_once):
    """An enqueue, a claim and a sweep meet a transaction that is open for a while, and none fails for it."""
    from dj_queue.operations.concurrency import sweep

    alias = services.database.alias
    held, let_go = threading.Event(), threading.Event()
    on(tasks.per_account).enqueue("a")

    def hold():
        with transaction.atomic(using=alias):
            jobs.filter(status=Status.READY).update(priority=1)
            held.set()
            let_go.wait(20)

    def work():
        assert held.wait(20)
        threading.Timer(0.3, let_go.set).start()
        on(tasks.per_account).enqueue("a")
        sweep(services)
        return jobs.count()

    assert at_once(hold, work)[1] == 2


def test_a_lock_not_let_go_in_time_is_a_transient_error(services, on, jobs, at_once):
    """The shortest wait the database knows runs out for a second writer of the same row."""
    alias = services.database.alias
    result = on(tasks.add).enqueue(1, 2)
    held, met = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic(using=alias):
            jobs.filter(id=result.id).update(priority=1)
            held.set()
            assert met.wait(30)

    def meet():
        connection = connections[alias]
        with connection.cursor() as cursor:
            cursor.execute(SHORTEST_WAIT[connection.vendor])
        assert held.wait(20)
        try:
            with services.dialect.atomic():
                if connection.vendor == "postgresql":
                    # A pooler may have set it on another connection than this transaction has.
                    with connection.cursor() as cursor:
                        cursor.execute(SHORTEST_WAIT[connection.vendor])
                jobs.filter(id=result.id).update(priority=2)
        except OperationalError as error:
            return services.dialect.is_transient(error), services.dialect.is_connection_loss(error)
        finally:
            met.set()
        return None

    assert at_once(hold, meet)[1] == (True, False)


SHORTEST_WAIT = {
    "sqlite": "PRAGMA busy_timeout = 50",
    "postgresql": "SET lock_timeout = '50ms'",
    "mysql": "SET SESSION innodb_lock_wait_timeout = 1",
}
