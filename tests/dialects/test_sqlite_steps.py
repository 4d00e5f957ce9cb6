"""On SQLite the steps of a hot statement follow what it takes, not what the table holds."""

from contextlib import contextmanager
from datetime import timedelta
from functools import cache

import pytest
from django.db import connections

from dj_queue.models import Semaphore
from dj_queue.operations.concurrency import FORGOTTEN_AT_ONCE, forget_unused
from dj_queue.services import services_for
from tests.dialects import backlog
from tests.dialects.work import WORK
from tests.project import tasks
from tests.runtime.where import only_on

pytestmark = pytest.mark.fault(39)

SMALL, BIG = 2_000, 20_000


@contextmanager
def counting_steps(connection):
    """`with counting_steps(connection) as steps:` lets SQLite's machine count what it does, in `steps[0]`."""
    steps = [0]

    def step():
        steps[0] += 1

    connection.ensure_connection()
    connection.connection.set_progress_handler(step, 1)
    try:
        yield steps
    finally:
        connection.connection.set_progress_handler(None, 1)


@cache
def steps_of(alias, has_statistics):
    """The steps of each work with little in the table, and with ten times as much."""
    services = services_for(alias)
    connection = connections[services.database.alias]

    def run(statement):
        with connection.cursor() as cursor:
            cursor.execute(statement)

    def look():
        run("ANALYZE" if has_statistics else "SELECT 1")
        return {name: _counted(services, connection, work) for name, work in WORK.items()}

    try:
        return backlog.at_each_size(services, (SMALL, BIG), look)
    finally:
        if has_statistics:
            # Those of a table that is empty again would serve nobody.
            run("DROP TABLE sqlite_stat1")


def _counted(services, connection, work):
    act = work(services)
    with counting_steps(connection) as steps:
        act()
    return steps[0]


@pytest.mark.fault(39)
@pytest.mark.parametrize("has_statistics", [False, True])
@only_on("default")
@pytest.mark.parametrize("name", WORK)
def test_the_steps_do_not_grow_with_the_table(backend_alias, name, has_statistics):
    small, big = (steps[name] for steps in steps_of(backend_alias, has_statistics))
    assert small
    assert big <= 1.5 * small


# Its admission reads who waits under a key.
@only_on("portable")
@pytest.mark.parametrize("name", [name for name in WORK if name != "admit"])
def test_with_statistics_they_do_not_on_the_portable_dialect(backend_alias, name):
    small, big = (steps[name] for steps in steps_of(backend_alias, True))
    assert big <= 1.5 * small


@only_on("default")
def test_keys_in_use_are_looked_at_once_however_many_are_forgotten(services, on):
    """Their statements are the same on every database."""
    rows = Semaphore.objects.using(services.database.alias)
    connection = connections[services.database.alias]
    # A session goes on planning by statistics that another test has dropped since.
    connection.close()
    used_at = services.dialect.now() - timedelta(days=1)

    def steps_beside(unused):
        rows.update(used_at=used_at)
        rows.bulk_create(
            Semaphore(key_hash=f"z{number:063}", key=str(number), limit=1, used_at=used_at)
            for number in range(unused)
        )
        with counting_steps(connection) as steps:
            assert forget_unused(services) == unused
        return steps[0]

    many = 4 * FORGOTTEN_AT_ONCE
    on(tasks.per_account).enqueue("only one")
    alone = steps_beside(many)
    on(tasks.per_account).get_backend().enqueue_all(
        [(on(tasks.per_account), (number,), {}) for number in range(many)]
    )
    assert steps_beside(many) <= 1.2 * (alone + steps_beside(0))
