"""Clocks that differ and transactions that stay open, brought about on the servers themselves."""

import time
from contextlib import contextmanager

import pytest
from django.db import connections, transaction

from dj_queue.contract import Dialect
from dj_queue.operations.anomalies import anomalies
from dj_queue.operations.anomaly import Kind
from dj_queue.operations.surroundings import clock_skew, old_reader
from tests.project.tasks import add
from tests.runtime.where import direct_servers

AHEAD = 3600
OWN_NUMBER = {"postgresql": "SELECT pg_backend_pid()", "mysql": "SELECT connection_id()"}


@pytest.fixture
def server(services):
    """The kind of server. A file has neither a clock nor sessions of its own."""
    return connections[services.database.alias].vendor


@pytest.fixture
def shifted_clock(services, server):
    """`with shifted_clock(seconds):` this session's database clock is that far ahead."""

    @contextmanager
    def shift(seconds):
        with connections[services.database.alias].cursor() as cursor:
            if server == "mysql":
                cursor.execute("SET timestamp = UNIX_TIMESTAMP(SYSDATE(6)) + %s", [seconds])
            else:
                cursor.execute("CREATE SCHEMA shifted")
                cursor.execute(
                    "CREATE FUNCTION shifted.statement_timestamp() RETURNS timestamptz LANGUAGE sql AS "
                    f"'SELECT pg_catalog.statement_timestamp() + interval ''{seconds} s'''"
                )
                cursor.execute("SET search_path = shifted, pg_catalog, public")
            yield
            if server == "mysql":
                cursor.execute("SET timestamp = DEFAULT")
            else:
                cursor.execute("RESET search_path")
                cursor.execute("DROP SCHEMA shifted CASCADE")

    return shift


@pytest.fixture
def open_transaction(services, server):
    """`with open_transaction() as number:` another session has read in a transaction that stays open."""

    @contextmanager
    def opened():
        other = connections[services.database.alias].copy()
        try:
            with other.cursor() as cursor:
                if server == "mysql":
                    cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
                else:
                    cursor.execute("SET application_name = 'a long report'")
                    cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
                cursor.execute("SELECT count(*) FROM dj_queue_job")
                cursor.fetchall()
                cursor.execute(OWN_NUMBER[server])
                yield str(cursor.fetchone()[0])
        finally:
            other.close()

    return opened


def test_clocks_that_agree_are_in_order(services):
    assert list(clock_skew(services)) == []


@pytest.mark.fault(30)
@pytest.mark.every_server
@direct_servers
@pytest.mark.parametrize(("seconds", "way"), [(AHEAD, "ahead of"), (-AHEAD, "behind")])
def test_a_clock_that_differs_is_named(services, shifted_clock, seconds, way):
    with shifted_clock(seconds):
        (found,) = clock_skew(services)
        assert Kind.CLOCK_SKEW in [each.kind for each in anomalies(services, [], 60)]
    assert found.text.startswith(f"the clock of database {services.database.alias!r} is ")
    assert found.text.endswith(f" s {way} this host's")
    assert list(clock_skew(services)) == []


@pytest.fixture
def found_of(services):
    """`found_of(number)`: what says that the transaction of this session is the oldest, if anything."""

    def look(number, stuck_after):
        # InnoDB shows what it showed before until nobody has asked for a tenth of a second.
        time.sleep(0.2)
        return [each for each in old_reader(services, stuck_after) if number in each.subject.split()]

    return look


@pytest.mark.fault(40)
@pytest.mark.every_server
@direct_servers
def test_a_transaction_that_stays_open_is_named_once_it_is_old(
    services, open_transaction, found_of, wait_until
):
    with open_transaction() as number:
        (found,) = wait_until(lambda: found_of(number, stuck_after=0.2))
        assert found.kind == Kind.OLD_READER
        assert "has kept old row versions from being cleaned up for" in found.text
        assert Kind.OLD_READER in [each.kind for each in anomalies(services, [], 60, stuck_after=0.2)]
        assert found_of(number, stuck_after=3600) == []
    wait_until(lambda: found_of(number, stuck_after=0.2) == [])


@pytest.mark.fault(40)
@pytest.mark.every_server
@direct_servers
def test_the_holder_is_named_so_that_its_owner_can_be_found(server, open_transaction, found_of, wait_until):
    with open_transaction() as number:
        (found,) = wait_until(lambda: found_of(number, stuck_after=0.1))
    if server == "postgresql":
        assert found.subject.startswith(f"session {number} of ")
        assert "a long report, idle in transaction" in found.subject
    else:
        assert found.subject == f"transaction of connection {number} (running)"


@pytest.mark.fault(40)
@pytest.mark.every_server
@direct_servers
def test_the_age_is_right_whatever_zone_the_session_has(
    services, server, open_transaction, found_of, wait_until
):
    zone = {"postgresql": "SET TIME ZONE 'Asia/Tokyo'", "mysql": "SET time_zone = '+09:00'"}[server]
    back = {"postgresql": "RESET TIME ZONE", "mysql": "SET time_zone = DEFAULT"}[server]
    with open_transaction() as number, connections[services.database.alias].cursor() as cursor:
        cursor.execute(zone)
        wait_until(lambda: found_of(number, stuck_after=0.1))
        assert found_of(number, stuck_after=1800) == []
        cursor.execute(back)


@pytest.mark.every_server
@direct_servers
def test_ones_own_transaction_is_not_looked_at(services, server, on, found_of):
    with transaction.atomic(using=services.database.alias):
        on(add).enqueue(1, 1)
        with connections[services.database.alias].cursor() as cursor:
            cursor.execute(OWN_NUMBER[server])
            (number,) = cursor.fetchone()
        assert found_of(str(number), stuck_after=0) == []


def test_a_database_that_cannot_tell_has_no_old_reader(services):
    assert Dialect.oldest_reader(services.dialect) is None
    if connections[services.database.alias].vendor == "sqlite":
        assert list(old_reader(services, stuck_after=0)) == []
