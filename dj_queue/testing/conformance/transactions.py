"""Transactions of ours, and the errors that end them: told apart so that the right ones are tried again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, IntegrityError, connections, transaction

from dj_queue.contract import Status
from dj_queue.services import Services
from dj_queue.testing.conformance.bench import Bench

type Breaker = Callable[[Any], AbstractContextManager[None]]


@contextmanager
def closed_beneath(connection: Any) -> Iterator[None]:
    """The driver's connection is closed though Django believes it open: as after a restart of the server."""
    connection.ensure_connection()
    connection.connection.close()
    yield
    with suppress(Error):
        connection.close()


@contextmanager
def without_folder(connection: Any) -> Iterator[None]:
    """A database that is a file has no server that could go away: it is lost when its folder is."""
    file = Path(connection.settings_dict["NAME"])
    connection.close()
    connection.settings_dict["NAME"] = str(file.parent / "gone" / file.name)
    try:
        yield
    finally:
        connection.settings_dict["NAME"] = str(file)


@pytest.fixture
def connection_breaker(services: Services) -> Breaker:
    """How a connection to this database is lost."""
    name = connections[services.database.alias].settings_dict["NAME"]
    return without_folder if Path(name).is_file() else closed_beneath


@pytest.fixture
def lost_connection(services: Services, connection_breaker: Breaker) -> Error:
    """What a statement raises when the database is gone."""
    connection = connections[services.database.alias]
    with connection_breaker(connection), pytest.raises(Error) as lost, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return lost.value


class TestTransactions:
    """`Dialect.atomic`, `is_transient` and `is_connection_loss`."""

    def test_what_a_transaction_wrote_stays(self, bench: Bench) -> None:
        with bench.dialect.atomic():
            job = bench.ready()
        assert not connections[bench.services.database.alias].in_atomic_block
        assert bench.statuses(job) == [Status.READY]

    def test_an_error_takes_all_of_it_back(self, bench: Bench) -> None:
        with pytest.raises(RuntimeError), bench.dialect.atomic():
            bench.ready()
            raise RuntimeError
        assert not bench.rows.exists()

    def test_it_joins_the_callers_transaction(self, bench: Bench) -> None:
        alias = bench.services.database.alias
        with transaction.atomic(using=alias):
            with bench.dialect.atomic():
                bench.ready()
            transaction.set_rollback(True, using=alias)
        assert not bench.rows.exists()

    def test_an_error_inside_leaves_the_callers_transaction_usable(self, bench: Bench) -> None:
        with transaction.atomic(using=bench.services.database.alias):
            job = bench.ready()
            with pytest.raises(IntegrityError), bench.dialect.atomic():
                bench.insert(bench.new())
                bench.insert(bench.new(id=job.id))
            bench.ready()
        assert bench.rows.count() == 2

    def test_two_that_stand_in_each_others_way_both_end_well(self, bench: Bench) -> None:
        jobs = [bench.ready(), bench.ready()]
        met = threading.Barrier(2)

        def update(first: int, second: int) -> None:
            with bench.dialect.atomic():
                bench.rows.filter(id=jobs[first].id).update(priority=first + 1)
                _meet(met)
                bench.rows.filter(id=jobs[second].id).update(priority=second + 1)

        bench.in_threads(lambda: bench.again(lambda: update(0, 1)), lambda: bench.again(lambda: update(1, 0)))
        assert [bench.row(job).priority for job in jobs] == [1, 2]

    def test_errors_of_the_content_are_neither_transient_nor_a_loss(self, bench: Bench) -> None:
        job = bench.ready()
        with pytest.raises(IntegrityError) as refused:
            bench.insert(bench.new(id=job.id))
        for error in (refused.value, ValueError("no"), RuntimeError(), KeyboardInterrupt()):
            assert not bench.dialect.is_transient(error)
            assert not bench.dialect.is_connection_loss(error)

    def test_a_connection_that_is_gone_is_a_loss(self, bench: Bench, lost_connection: Error) -> None:
        assert bench.dialect.is_connection_loss(lost_connection)
        assert not bench.dialect.is_transient(lost_connection)

    def test_after_a_loss_a_new_connection_does(self, bench: Bench, lost_connection: Error) -> None:
        connections[bench.services.database.alias].close()
        bench.dialect.prepare()
        job = bench.ready()
        assert bench.statuses(job) == [Status.READY]


def _meet(barrier: threading.Barrier) -> None:
    """Wait for the other, who cannot come where writers exclude each other from the start."""
    with suppress(threading.BrokenBarrierError):
        barrier.wait(0.3)
