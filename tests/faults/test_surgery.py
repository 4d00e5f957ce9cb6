"""Rows deleted and restored by hand while jobs run: work goes on, and what stands is found and repaired."""

import io
from uuid import UUID

import pytest
from django.core.management import call_command

from dj_queue.operations.anomalies import anomalies
from dj_queue.operations.anomaly import Kind
from dj_queue.operations.repair import repair as repair_what_is_found
from tests.faults import tasks
from tests.faults.conftest import GOOD_TIME, unwanted_in
from tests.faults.oracle import unfinished

NODES = 2
QUICK = "process_heartbeat_interval: 0.5\nprocess_alive_threshold: 6\n"
JOBS = 300
ENOUGH = 20
LATE = 60


@pytest.fixture
def repair(backend_alias):
    """`repair()` runs the command; the lines it printed."""

    def run():
        out = io.StringIO()
        call_command("dj_queue_health", "--repair", "--backend", backend_alias, stdout=out)
        return out.getvalue().splitlines()

    return run


@pytest.fixture
def sound(services, fleet):
    """`sound(supervisors)` fails unless these run still, nobody complained, and no row is stuck."""

    def check(supervisors):
        assert fleet.supervisors == supervisors
        assert [node.poll() for node in supervisors] == [None] * len(supervisors)
        logs = fleet.logs()
        assert unwanted_in(logs) == [], logs[-30000:]
        assert list(anomalies(services, [], LATE)) == []

    return check


@pytest.mark.of_the_runtime
@pytest.mark.fault(59)
def test_work_goes_on_when_processes_and_keys_vanish(
    jobs, surgeon, fleet, backlog, enqueuer, written, settle, wait_until, repair, sound, figures
):
    fleet.launch(NODES, options=QUICK)
    wait_until(lambda: len(fleet.pids("worker")) == NODES, GOOD_TIME)
    supervisors = fleet.supervisors
    backlog(JOBS)
    producer = enqueuer(JOBS, JOBS)
    wait_until(lambda: len(written.runs()) > ENOUGH, GOOD_TIME)
    surgeon.empty("dj_queue_process")
    surgeon.empty("dj_queue_semaphore")
    producer.wait()
    settle()
    # Supervisors register again at their next heartbeat, and replace what is not registered.
    wait_until(lambda: len(fleet.pids("worker")) == NODES, GOOD_TIME)
    assert [line for line in repair() if line.startswith("left")] == []
    committed = written.enqueued()
    assert len(committed) > JOBS
    assert set(jobs.values_list("id", flat=True)) >= committed
    assert set(jobs.filter(id__in=committed).values_list("status", flat=True)) == {"successful"}
    figures.most("jobs", len(committed))
    sound(supervisors)


@pytest.mark.fault(59)
def test_the_outcome_of_a_deleted_job_is_dropped_and_its_slot_goes_to_the_next(
    on, jobs, surgeon, fleet, written, settle, wait_until, repair, sound
):
    folder = str(written.folder)
    fleet.launch(1, options=QUICK)
    supervisors = fleet.supervisors
    deleted = on(tasks.lasting).enqueue(folder, 0)
    holder = on(tasks.keyed).enqueue(folder, 1, "one")
    wait_until(lambda: len(written.runs()) == 2, GOOD_TIME)
    settled = [holder, *(on(tasks.keyed).enqueue(folder, number, "one") for number in range(2, 6))]
    assert surgeon.run("DELETE FROM dj_queue_job WHERE id = %s", UUID(deleted.id)) == 1
    (written.folder / "go").touch()
    wait_until(lambda: "came too late and changed nothing" in fleet.logs(), GOOD_TIME)
    settle()
    for result in settled:
        result.refresh()
    assert {result.status.value for result in settled} == {"SUCCESSFUL"}
    assert not jobs.filter(id=deleted.id).exists()
    assert len(repair()) == 1
    sound(supervisors)


@pytest.mark.of_the_runtime
@pytest.mark.fault(59)
def test_rows_of_a_backup_that_were_running_then_run_again(
    on, services, jobs, surgeon, fleet, written, settle, wait_until, sound
):
    folder = str(written.folder)
    fleet.launch(1, options=QUICK)
    result = on(tasks.lasting).enqueue(folder, 0)
    wait_until(lambda: written.runs() and jobs.get(id=result.id).last_attempted_at, GOOD_TIME)
    row = surgeon.backup(UUID(result.id))
    (written.folder / "go").touch()
    settle()
    fleet.supervisors[0].terminate()
    assert fleet.supervisors[0].wait(60) == 0
    surgeon.restore(row)
    assert [found.kind for found in anomalies(services, [], LATE)] == [Kind.OWNERLESS]
    fleet.launch(1, options=QUICK)
    settle()
    result.refresh()
    assert (result.status.value, result.attempts) == ("SUCCESSFUL", 2)
    assert jobs.get(id=result.id).lost == 1
    sound(fleet.supervisors)


@pytest.mark.of_the_runtime
@pytest.mark.fault(59)
def test_repairs_under_load_change_nothing_that_is_in_order(
    services, fleet, enqueuer, settle, wait_until, hold_to_promises, figures
):
    fleet.launch(NODES)
    wait_until(lambda: len(fleet.pids("worker")) == NODES, GOOD_TIME)
    producer = enqueuer(0, JOBS)
    repairs = 0
    while producer.poll() is None or unfinished(services):
        # Without the second look that the command takes: whatever passes for stuck is repaired at once.
        for _treated in repair_what_is_found(services, anomalies(services, [], 0.0)):
            repairs += 1
    settle()
    figures.note("repairs under load", repairs)
    hold_to_promises()
