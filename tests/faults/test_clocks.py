"""Hosts whose clocks are an hour wrong, on databases whose clocks are not."""

from datetime import timedelta
from pathlib import Path

import pytest

from dj_queue.models import Job, Process
from tests.faults import shifted_clock, tasks
from tests.faults.conftest import GOOD_TIME
from tests.runtime.where import only_on

pytestmark = pytest.mark.fault(30)

HOUR = 3600
JOBS = 20
THRESHOLD = timedelta(seconds=5)
"""Of the test project."""
ONE_EACH = "workers: [{queues: '*', threads: 1, prefetch_multiplier: 0}]\n"
# On SQLite the host's clock is the database's.
with_a_clock_of_its_own = only_on("postgres", "mysql")


@pytest.fixture
def shifted(monkeypatch):
    """`shifted(seconds)` sets the clock of processes that are started from now on."""

    def shift(seconds):
        monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.faults.shifted_clock")
        monkeypatch.setenv(shifted_clock.SHIFT, str(seconds))

    return shift


def read(process):
    return Path(process.log.name).read_text()


def note(written, *results):
    with (written.folder / "enqueues").open("a") as file:
        file.writelines(f"committed {result.id}\n" for result in results)


@with_a_clock_of_its_own
def test_nobody_is_taken_for_dead_by_a_host_whose_clock_is_wrong(
    services, on, queue_process, shifted, written, wait_until, settle, hold_to_promises
):
    nodes = []
    for seconds in (HOUR, 0, -HOUR):
        shifted(seconds)
        nodes.append(queue_process(options=ONE_EACH))
    rows = Process.objects.using(services.database.alias)
    wait_until(lambda: rows.filter(kind="worker").count() == len(nodes), GOOD_TIME)
    known = set(rows.values_list("id", flat=True))
    note(written, *[on(tasks.lasting).enqueue(str(written.folder), number) for number in range(len(nodes))])
    wait_until(lambda: len(written.runs()) == len(nodes), GOOD_TIME)
    assert len({run.pid for run in written.runs()}) == len(nodes)
    since = services.dialect.now()
    wait_until(
        lambda: rows.filter(last_heartbeat_at__gt=since + 2 * THRESHOLD).count() >= len(known), GOOD_TIME
    )
    # Nobody is missing; a node's scheduler may have come after its worker.
    assert known <= set(rows.values_list("id", flat=True))
    (written.folder / "go").touch()
    settle()
    hold_to_promises()
    jobs = Job.objects.using(services.database.alias)
    assert set(jobs.values_list("status", "attempts", "lost")) == {("successful", 1, 0)}
    wrong = f"is {HOUR} s from this host's"
    assert [wrong in read(node) for node in nodes] == [True, False, True]


@with_a_clock_of_its_own
@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_jobs_are_due_by_the_databases_clock(
    services, on, queue_process, shifted, written, wait_until, hold_to_promises, seconds
):
    shifted(seconds)
    queue_process()
    now = services.dialect.now()
    folder = str(written.folder)
    soon, later = now + timedelta(seconds=2), now + timedelta(seconds=HOUR / 2)
    ready = on(tasks.work).enqueue(folder, 0)
    due = on(tasks.work, run_after=soon).enqueue(folder, 1)
    failing = on(tasks.stubborn).enqueue(folder, 2)
    not_due = on(tasks.work, run_after=later).enqueue(folder, 3)
    note(written, ready, due, failing)
    jobs = Job.objects.using(services.database.alias)
    wanted = [ready.id, due.id, failing.id]
    wait_until(lambda: jobs.filter(id__in=wanted, status="successful").count() == len(wanted), GOOD_TIME)
    # A claim is by the database's clock, a start by the host's.
    assert jobs.get(id=due.id).claimed_at >= soon
    assert jobs.get(id=not_due.id).status == "scheduled"
    jobs.filter(id=not_due.id).delete()
    hold_to_promises()


@with_a_clock_of_its_own
@pytest.mark.parametrize("seconds", [HOUR, -HOUR], ids=["an hour ahead", "an hour behind"])
def test_jobs_of_a_host_whose_clock_is_wrong_are_found_beside_others(
    services, enqueuer, queue_process, shifted, settle, hold_to_promises, seconds
):
    shifted(0)
    queue_process()
    shifted(seconds)
    wrong = enqueuer(0, JOBS)
    shifted(0)
    right = enqueuer(JOBS, JOBS)
    assert (wrong.wait(GOOD_TIME), right.wait(GOOD_TIME)) == (0, 0)
    settle()
    hold_to_promises()
    jobs = Job.objects.using(services.database.alias)
    moments = sorted(jobs.values_list("enqueued_at", flat=True))
    assert moments[-1] - moments[0] > timedelta(seconds=HOUR / 2)
