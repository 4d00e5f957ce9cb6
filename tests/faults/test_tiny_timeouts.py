"""A server that gives statements a fifth of a second, and a backlog."""

import subprocess
import sys

import pytest
from django.db import connections
from django.tasks import task_backends

from tests.faults.conftest import GOOD_TIME, ROOT
from tests.project import tasks
from tests.runtime.where import only_on

JOBS = 20_000
AT_ONCE = 100
LIMITS = ("statement_timeout", "lock_timeout")
OPTIONS = "workers: [{queues: '*', threads: 3, processes: 2}]\n"
MANAGE = ROOT / "tests" / "project" / "manage.py"


@pytest.fixture
def tiny_timeouts(services):
    """For connections made from now on, this process's included."""
    connection = connections[services.database.alias]
    name = connection.ops.quote_name(connection.settings_dict["NAME"])

    def change(verb, value=""):
        with connection.cursor() as cursor:
            for limit in LIMITS:
                cursor.execute(f"ALTER DATABASE {name} {verb} {limit}{value}")
        connection.close()

    change("SET", " = '200ms'")
    yield
    change("RESET")


@pytest.fixture
def unlimited(services):
    """`unlimited()`: what this process asks from now on, about all jobs at once, takes the time it takes."""

    def lift():
        with connections[services.database.alias].cursor() as cursor:
            for limit in LIMITS:
                cursor.execute(f"SET {limit} = 0")

    return lift


@pytest.mark.fault(24)
@pytest.mark.every_server
@only_on("postgres", "postgres18")
def test_a_backlog_is_drained_and_pruned_by_statements_of_a_fifth_of_a_second(
    tiny_timeouts,
    unlimited,
    on,
    jobs,
    backend_alias,
    fleet,
    written,
    settle,
    wait_until,
    hold_to_promises,
    figures,
):
    backend = task_backends[backend_alias]
    with (written.folder / "enqueues").open("a") as file:
        for first in range(0, JOBS, AT_ONCE):
            results = backend.enqueue_all(
                [(on(tasks.add), (number, 1), {}) for number in range(first, first + AT_ONCE)]
            )
            file.writelines(f"committed {result.id}\n" for result in results)
    unlimited()
    fleet.launch(1, options=OPTIONS)
    wait_until(lambda: fleet.pids("worker"), GOOD_TIME)
    settle()
    assert jobs.filter(status="successful", attempts=1, lost=0).count() == JOBS
    hold_to_promises()
    figures.note("statements that ran out of time", fleet.logs().count("due to statement timeout"))
    prune = [sys.executable, MANAGE, "dj_queue_prune", "--backend", backend_alias, "--older-than", "0"]
    pruned = subprocess.run(prune, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (pruned.returncode, pruned.stdout.split()[-3:]) == (0, [str(JOBS), "finished", "jobs"]), pruned
    assert jobs.count() == 0
