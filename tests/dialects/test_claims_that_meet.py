"""Claims beside jobs that another claim holds at the moment: one that is short has met the end."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import connections

from dj_queue.contract import parse_selector
from dj_queue.operations.claim import claim
from tests.dialects.work import take
from tests.project import tasks
from tests.runtime.where import direct_servers, only_on

pytestmark = pytest.mark.every_server

BACKLOG = 300


@pytest.fixture
def enqueue(on):
    """`enqueue(count, queue, priority)`: so many jobs there."""

    def make(count, queue, priority=0):
        task = on(tasks.add).using(queue_name=queue, priority=priority)
        return [task.enqueue(number, 1) for number in range(count)]

    return make


@pytest.fixture
def holding(services):
    """`with holding(count):` another session has the first jobs locked, as a claim does before its commit."""

    @contextmanager
    def hold(count):
        other = connections[services.database.alias].copy()
        try:
            other.set_autocommit(False)
            with other.cursor() as cursor:
                cursor.execute(
                    "SELECT id FROM dj_queue_job ORDER BY priority DESC, queue_name, id LIMIT %s", [count]
                )
                ids = [row[0] for row in cursor.fetchall()]
                for job_id in ids:  # one by one: MySQL locks what a statement walks over too
                    cursor.execute("SELECT id FROM dj_queue_job WHERE id = %s FOR UPDATE", [job_id])
                    assert cursor.fetchone()
            yield other
        finally:
            other.rollback()
            other.close()

    return hold


@pytest.mark.parametrize("selectors", [("*",), ("a*", "b"), ("a", "b")], ids=" ".join)
@direct_servers
def test_a_claim_goes_on_to_the_next_queue_where_others_hold_the_first(services, enqueue, holding, selectors):
    enqueue(10, "a", priority=5)
    enqueue(BACKLOG, "b")
    with holding(10):
        assert len(take(services, *selectors, limit=10)) == 10
        assert len(take(services, *selectors, limit=101)) == 101


@direct_servers
def test_a_claim_finds_the_only_queue_that_nobody_holds(services, enqueue, holding):
    for number in range(30):
        enqueue(1, f"queue-{number:02}")
    with holding(29):
        (taken,) = take(services, "*", limit=1)
    assert taken.queue_name == "queue-29"


@direct_servers
def test_a_claim_ends_where_others_hold_everything(services, enqueue, holding):
    for queue in "abc":
        enqueue(20, queue)
    with holding(60):
        assert take(services, "*", limit=10) == []
        assert take(services, "a*", "b", limit=10) == []


@only_on("postgres")
def test_what_a_claim_took_is_kept_where_its_next_statement_fails(
    services, jobs, enqueue, holding, monkeypatch
):
    enqueue(10, "a")
    enqueue(BACKLOG, "b")
    process_id, fetch, statements = uuid4(), services.claim._fetch, []
    with holding(5) as other, connections[services.database.alias].cursor() as own:
        own.execute("SET lock_timeout = '50ms'")

        def fetched(sql, facts):
            statements.append(sql)
            if len(statements) > 1:
                other.cursor().execute("LOCK TABLE dj_queue_job IN ACCESS EXCLUSIVE MODE")
            return fetch(sql, facts)

        monkeypatch.setattr(services.claim, "_fetch", fetched)
        taken = claim(services, [parse_selector("*")], 10, process_id)
        monkeypatch.undo()
        own.execute("RESET lock_timeout")
    assert len(statements) == 2
    assert taken
    assert {job.id for job in taken} == set(jobs.filter(process_id=process_id).values_list("id", flat=True))
