"""On PostgreSQL what a hot statement reads follows what it takes, not what the table holds."""

from functools import cache

import pytest
from django.db import connections

from dj_queue.operations import metrics
from dj_queue.operations.finish import finish
from dj_queue.services import services_for
from tests.dialects import backlog
from tests.dialects.postgres_plans import explaining
from tests.dialects.work import WORK, take
from tests.operations.outcomes import success
from tests.project import tasks
from tests.runtime.where import only_on

pytestmark = [pytest.mark.fault(39), pytest.mark.every_server, only_on("postgres", "postgres18")]

SMALL, BIG = 1_000, 10_000
MANY = 100
SESSIONS = ("a worker's", "anybody's")
MOST_ROWS = 10 * backlog.BATCH + 5 * backlog.QUEUES
"""Ten rows for each job taken, and a look at each queue for each status of a job that has not ended."""

COUNT = {"count": lambda services: lambda: list(metrics.collect(services))}
"""Counting reads what it counts."""


@pytest.fixture(params=SESSIONS)
def session(request):
    return request.param


@cache
def plans_of(alias, session):
    """The plans of each work with little in the table, and with ten times as much."""
    services = services_for(alias)
    connection = connections[services.database.alias]

    def look():
        connection.close()
        if session == SESSIONS[0]:
            services.dialect.prepare()
        return {name: _watched(services, connection, work) for name, work in {**WORK, **COUNT}.items()}

    try:
        return backlog.at_each_size(services, (SMALL, BIG), look)
    finally:
        connection.close()


def _watched(services, connection, work):
    act = work(services)
    with explaining(connection) as plans:
        act()
    return plans


@pytest.mark.parametrize("name", WORK)
def test_no_statement_reads_or_sorts_the_whole_table(backend_alias, session, name):
    plans = plans_of(backend_alias, session)[1][name]
    assert plans
    assert [plan for plan in plans for node in plan.scans if node["Node Type"] == "Seq Scan"] == []
    assert [plan for plan in plans if plan.rows_sorted > MOST_ROWS] == []


@pytest.mark.parametrize("name", WORK)
def test_what_is_read_does_not_grow_with_the_table(backend_alias, session, name):
    small, big = (sums(plans[name]) for plans in plans_of(backend_alias, session))
    assert big[0] <= MOST_ROWS
    assert big[0] <= 1.5 * small[0] + 2 * backlog.BATCH
    assert big[1] <= 1.5 * small[1] + 10 * backlog.BATCH


# Where the session may read a whole table, the planner takes it now and then: a third of this one is counted.
@pytest.mark.parametrize("session", SESSIONS[:1], indirect=True)
def test_jobs_are_counted_in_an_index(backend_alias, session):
    counting = plans_of(backend_alias, session)[1]["count"]
    assert {"Index Only Scan"} <= {node["Node Type"] for plan in counting for node in plan.scans}
    assert sum(plan.rows_read - plan.rows_read_in_an_index for plan in counting) <= MOST_ROWS
    assert sum(plan.rows_read for plan in counting) >= BIG


def test_outcomes_are_not_compared_each_with_each(services, on, session):
    """In a session that made its plans while the table was empty, as a worker's is on the day of the first deploy."""
    connection = connections[services.database.alias]
    connection.close()
    if session == SESSIONS[0]:
        services.dialect.prepare()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) dj_queue_job")
    add = on(tasks.add)
    add.get_backend().enqueue_all([(add, [1, number], {}) for number in range(MANY)])
    held = take(services, "*", limit=MANY)
    with explaining(connection) as plans:
        assert len(finish(services, [success(job) for job in held]).recorded) == MANY
    connection.close()
    [update] = [plan for plan in plans if "UPDATE" in plan.text]
    outcomes = [node for node in update.nodes if node["Node Type"] == "CTE Scan"]
    assert sum(node["Actual Rows"] * node["Actual Loops"] for node in outcomes) <= 3 * MANY


def sums(plans):
    """Rows and blocks read."""
    return sum(plan.rows_read for plan in plans), sum(plan.blocks for plan in plans)
