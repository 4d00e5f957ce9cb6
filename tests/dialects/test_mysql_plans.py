"""On MySQL and MariaDB what a hot statement reads follows what it takes, not what the table holds."""

from functools import cache

import pytest
from django.db import connections

from dj_queue.services import services_for
from tests.dialects import backlog
from tests.dialects.mysql_plans import reading
from tests.dialects.work import WORK
from tests.runtime.where import only_on

pytestmark = [pytest.mark.every_server, only_on("mysql", "mysql9", "mariadb11")]

SMALL, BIG = 2_000, 10_000
MOST_ROWS = 20 * backlog.BATCH + 10 * backlog.QUEUES
"""Twenty rows for each job taken, and a few looks at each queue for each status of a job that has not ended."""


@cache
def readings_of(alias):
    """What each work reads with little in the table, and with ten times as much."""
    services = services_for(alias)
    connection = connections[services.database.alias]

    def look():
        connection.close()
        services.dialect.prepare()
        return {name: _watched(services, connection, work) for name, work in WORK.items()}

    try:
        return backlog.at_each_size(services, (SMALL, BIG), look)
    finally:
        connection.close()


def _watched(services, connection, work):
    act = work(services)
    with reading(connection) as found:
        act()
    return found


@pytest.mark.parametrize("name", WORK)
def test_no_statement_reads_or_sorts_the_whole_table(backend_alias, name):
    found = readings_of(backend_alias)[1][name]
    assert found.full_scans() == []
    assert found.filesorts() == []


# The look reads all that wait under each key it looks at: MariaDB does not take the order of their index.
@pytest.mark.parametrize("name", [name for name in WORK if name != "look for what is stuck"])
def test_what_is_read_does_not_grow_with_the_table(backend_alias, name):
    small, big = (readings[name].rows for readings in readings_of(backend_alias))
    assert 0 < big <= MOST_ROWS or name == "enqueue"
    assert big <= 1.5 * small + 2 * backlog.BATCH
