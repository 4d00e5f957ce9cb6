"""Counters at their ends: attempts stay at the greatest number of their column, ids go past it."""

import pytest
from django.db import DatabaseError, connections

from dj_queue.contract import MOST_ATTEMPTS, Status
from dj_queue.models import Pause
from dj_queue.operations import queues
from tests.faults.conftest import GOOD_TIME
from tests.project import tasks

pytestmark = pytest.mark.fault(54)

AT_31_BITS = 2**31 - 1
AT_63_BITS = 2**63 - 1
SET = {
    "postgresql": ("SELECT setval(pg_get_serial_sequence('dj_queue_pause', 'id'), {0})",),
    "mysql": ("ALTER TABLE dj_queue_pause AUTO_INCREMENT = {0}",),
    "sqlite": (
        "DELETE FROM sqlite_sequence WHERE name = 'dj_queue_pause'",
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('dj_queue_pause', {0})",
    ),
}


@pytest.fixture
def ids_at(services):
    """`ids_at(last)` lets the ids of pauses go on from there; from the start again after the test."""
    connection = connections[services.database.alias]

    def go_on(last):
        with connection.cursor() as cursor:
            for statement in SET[connection.vendor]:
                cursor.execute(statement.format(last))

    yield go_on
    Pause.objects.using(services.database.alias).all().delete()
    go_on(1)


def test_jobs_at_the_limit_of_attempts_run_and_hold_up_no_others(on, jobs, queue_process, wait_until):
    numbers = {on(tasks.add).enqueue(1, 2).id: end for end in (MOST_ATTEMPTS - 1, MOST_ATTEMPTS, 0)}
    for job_id, attempts in numbers.items():
        jobs.filter(id=job_id).update(attempts=attempts)
    failing = on(tasks.fail).enqueue("on purpose")
    jobs.filter(id=failing.id).update(attempts=MOST_ATTEMPTS, lost=MOST_ATTEMPTS)
    queue_process()
    wait_until(lambda: jobs.filter(status=Status.SUCCESSFUL).count() == len(numbers), GOOD_TIME)
    wait_until(lambda: jobs.filter(status=Status.FAILED).count() == 1, GOOD_TIME)
    counted = [jobs.get(id=job_id).attempts for job_id in numbers]
    assert counted == [MOST_ATTEMPTS, MOST_ATTEMPTS, 1]
    (entry,) = jobs.get(id=failing.id).errors
    assert entry["attempt"] == MOST_ATTEMPTS


def test_a_job_whose_worker_dies_at_the_limit_of_lost_attempts_fails(on, jobs, queue_process, wait_until):
    crashing = on(tasks.vanish).enqueue(1)
    jobs.filter(id=crashing.id).update(attempts=MOST_ATTEMPTS, lost=MOST_ATTEMPTS)
    other = on(tasks.add).enqueue(1, 2)
    queue_process()
    wait_until(lambda: jobs.filter(id=crashing.id, status=Status.FAILED).exists(), GOOD_TIME)
    wait_until(lambda: jobs.filter(id=other.id, status=Status.SUCCESSFUL).exists(), GOOD_TIME)
    assert jobs.get(id=crashing.id).lost == MOST_ATTEMPTS


def test_ids_go_past_what_31_bits_hold(services, ids_at):
    ids_at(AT_31_BITS)
    for name in ("one", "two"):
        queues.pause(services, name)
    ids = Pause.objects.using(services.database.alias).values_list("id", flat=True)
    assert max(ids) > AT_31_BITS


def test_the_end_of_all_ids_is_a_database_error_and_jobs_go_on(services, ids_at, on, run_jobs):
    if services.alias == "mysql9":
        pytest.skip("it gives the last number twice, and the second pause is taken for the first")
    ids_at(AT_63_BITS)
    with pytest.raises(DatabaseError):
        # MySQL gives out the last number itself.
        for name in ("one", "two"):
            queues.pause(services, name)
    result = on(tasks.add).enqueue(1, 2)
    run_jobs()
    result.refresh()
    assert result.return_value == 3
