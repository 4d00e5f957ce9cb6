"""On SQLite no statement of the hot paths reads the whole table of jobs, whichever dialect serves it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from dj_queue.contract import Status, parse_selector
from dj_queue.operations import cleanup, concurrency, jobs, queues
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import finish
from dj_queue.operations.promote import promote_due, seconds_until_due
from dj_queue.operations.recover import recover_ownerless, recover_silent
from dj_queue.services import services_for
from tests.operations.outcomes import failure, success
from tests.project import tasks

ALIASES = ("default", "portable")
NAMES_OF_JOBS = ("dj_queue_job", "U0")
"""What plans call the table of jobs; the ORM gives it another name in a subquery."""

SORTED = "TEMP B-TREE"
"""How plans say that rows are sorted, or looked up in what was collected."""


@pytest.fixture(params=ALIASES)
def backend_alias(request):
    """The aliases on SQLite."""
    yield request.param
    jobs_of(request.param).delete()


def jobs_of(alias):
    from dj_queue.models import Job

    return Job.objects.using(services_for(alias).database.alias).all()


@pytest.fixture
def explain(services):
    """`explain(work)` runs it and returns the steps of every statement's plan that read jobs."""
    connection = connections[services.database.alias]

    def steps(work):
        seen = []
        connection.ensure_connection()
        connection.connection.set_trace_callback(seen.append)
        try:
            work()
        finally:
            connection.connection.set_trace_callback(None)
        raw = connection.connection
        return [
            (step[3], sql)
            for sql in seen
            if "dj_queue_job" in sql
            for step in raw.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()
            if any(name in step[3] for name in (*NAMES_OF_JOBS, SORTED))
        ]

    return steps


def take(services, *selectors):
    return claim(services, [parse_selector(text) for text in selectors], 10, uuid4())


def end_all(services):
    held = take(services, "*")
    finish(services, [success(job) if number else failure(job) for number, job in enumerate(held)])


WORK = {
    "enqueue under a key": lambda services, on: on(tasks.per_account).enqueue(3),
    "enqueue a discarding one": lambda services, on: on(tasks.singleton).enqueue(),
    "claim from all": lambda services, on: take(services, "*"),
    "claim from some": lambda services, on: take(services, "q1", "q2*"),
    "end": lambda services, on: end_all(services),
    "promote": lambda services, on: (promote_due(services, 5), seconds_until_due(services)),
    "sweep": lambda services, on: concurrency.sweep(services),
    "forget": lambda services, on: concurrency.forget_unused(services),
    "prune": lambda services, on: cleanup.prune_jobs(services, Status.SUCCESSFUL, 0.0),
    "recover": lambda services, on: (recover_silent(services), recover_ownerless(services)),
    "measure": lambda services, on: (queues.size(services, "q1"), queues.latency(services, "q1")),
    "discard": lambda services, on: queues.clear(services, "q1"),
    "retry some": lambda services, on: jobs.retry_failed_jobs(
        job_ids=[uuid4(), uuid4()], backend_alias=services.alias
    ),
}


@pytest.mark.parametrize("name", WORK)
def test_jobs_are_found_by_index(services, on, explain, name):
    later = services.dialect.now() + timedelta(hours=1)
    past = services.dialect.now() - timedelta(hours=1)
    calls = [(on(tasks.add, queue_name=f"q{n % 5}"), (n, n), {}) for n in range(200)]
    calls += [(on(tasks.per_account), (n % 7,), {}) for n in range(50)]
    calls += [(on(tasks.add, run_after=moment), (1, 1), {}) for moment in (past, later) for _ in range(20)]
    on(tasks.add).get_backend().enqueue_all(calls)
    end_all(services)
    take(services, "*")
    steps = explain(lambda: WORK[name](services, on))
    assert steps
    assert [step for step in steps if step[0].startswith("SCAN") and "djqueue_job" not in step[0]] == []
    # What one dead process held is few.
    if services.dialect.name == "sqlite" and name != "recover":
        assert [step for step in steps if SORTED in step[0]] == []
