"""A worker on all queues tries the queue of its last jobs first, and never passes a better job by."""

from uuid import uuid4

import pytest
from django.db import connections

from dj_queue.api import QueueInfo
from dj_queue.contract import parse_selector
from dj_queue.operations.claim import claim
from tests.dialects.postgres_plans import explaining
from tests.project import tasks
from tests.runtime.where import only_on

pytestmark = [pytest.mark.every_server, only_on("postgres", "postgres18")]
ALL = [parse_selector("*")]
MANY = 2_000


@pytest.fixture
def enqueue(on):
    """`enqueue(queue, priority)` is the id of a new job."""
    return lambda queue, priority=0: on(tasks.add, queue_name=queue, priority=priority).enqueue(1, 1).id


@pytest.fixture
def take(services):
    """`take(limit)` are the ids of claimed jobs of any queue."""
    services.claim._only.clear()
    return lambda limit=5: [str(job.id) for job in claim(services, ALL, limit, uuid4())]


def test_jobs_of_one_queue_come_by_one_short_statement(services, enqueue, take):
    assert take() == []
    first, second = enqueue("email"), enqueue("email")
    assert take(1) == [first]
    with explaining(connections[services.database.alias]) as plans:
        assert take() == [second]
    [plan] = plans
    assert "RECURSIVE" not in plan.text


@pytest.mark.parametrize("other", ["after", "before", "zzz"])
def test_a_better_job_of_another_queue_comes_first(enqueue, take, other):
    first, second = enqueue("email"), enqueue("email")
    assert take(1) == [first]
    better = enqueue(other, priority=5)
    assert take() == [better, second]


def test_an_older_job_of_another_queue_comes_first(enqueue, take):
    old = enqueue("reports")
    urgent = enqueue("email", priority=1)
    assert take(1) == [urgent]
    new = enqueue("email")
    assert take(1) == [old]
    assert take() == [new]


def test_a_queue_that_is_paused_is_left_alone(services, enqueue, take):
    first, second = enqueue("email"), enqueue("email")
    assert take(1) == [first]
    email = QueueInfo("email", backend_alias=services.alias)
    email.pause()
    assert take() == []
    other = enqueue("reports")
    assert take() == [other]
    email.resume()
    assert take() == [second]


@pytest.mark.parametrize("is_settled", [True, False], ids=["a worker's", "anybody's"])
def test_little_is_read_of_a_long_queue(services, on, take, is_settled):
    connection = connections[services.database.alias]
    connection.close()
    if is_settled:
        services.dialect.prepare()
    add = on(tasks.add)
    add.get_backend().enqueue_all([(add, [1, number], {}) for number in range(MANY)])
    assert len(take()) == 5
    with explaining(connection) as plans:
        assert len(take()) == 5
    connection.close()
    [plan] = plans
    assert "RECURSIVE" not in plan.text
    assert plan.rows_read <= 50
