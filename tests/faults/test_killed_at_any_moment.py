"""A process is killed at each named moment of a job's life, and every promise holds."""

import os
import signal
import time
from contextlib import suppress

import pytest

from dj_queue.operations import queues
from tests.faults import failpoints
from tests.faults.conftest import GOOD_TIME
from tests.faults.oracle import Allowances

pytestmark = pytest.mark.fault(1)

JOBS = 20
MANY = 400
"""Jobs that leave some claimed ahead whenever their worker is stopped."""
OF_ENQUEUERS = ("enqueue.before_commit", "enqueue.after_commit")
AT_A_STOP = ("release.before", "shutdown.release")
WITHOUT_A_TRANSACTION = ("claim.locked",)
"""Moments that there are only where a claim is more than one statement."""
OPTIONS = "workers: [{queues: '*', threads: 3, processes: 1}]\nshutdown_timeout: 2\n"
A_JOB_A_SECOND = """
recurring:
  tick: {task_path: tests.project.tasks.add, schedule: "* * * * * *", args: [1, 2]}
"""
MOST_OF_ONE_CALL = 3
"""Jobs that one call enqueues at most."""


@pytest.mark.parametrize("name", failpoints.NAMES)
def test_nothing_is_lost_stuck_or_doubled(
    name,
    fleet,
    failpoint,
    enqueuer,
    settle,
    wait_until,
    hold_to_promises,
    rounds,
    figures,
    written,
    stop_a_worker_with_a_backlog,
):
    failpoint(name)
    fleet.launch(1, options=OPTIONS + (A_JOB_A_SECOND if name == "recur.inserted" else ""))
    wait_until(lambda: fleet.pids("worker") and fleet.pids("dispatcher"), GOOD_TIME)
    enqueuer(0, JOBS).wait()
    settle()
    before = fleet.footprint()
    for number in rounds:
        failpoint.arm()
        producer = enqueuer((number + 1) * JOBS, JOBS)
        if name in WITHOUT_A_TRANSACTION:
            producer.wait()
            settle()
            if not failpoint.is_spent():
                pytest.skip("no such moment: a claim is one statement here")
        while name in AT_A_STOP and not failpoint.is_spent():
            producer.wait()
            stop_a_worker_with_a_backlog()
        wait_until(lambda: fleet.keep_up() or failpoint.is_spent(), GOOD_TIME)
        producer.wait()
        assert (producer.returncode == -signal.SIGKILL) == (name in OF_ENQUEUERS)
        settle()
        figures.note("killed processes", 1)
        figures.most(
            "jobs done again after a kill, within s", time.monotonic() - max(written.deaths().values())
        )
    unknown = len(rounds) * MOST_OF_ONE_CALL if name == "enqueue.after_commit" else 0
    hold_to_promises(Allowances(unknown_enqueues=unknown), before if name != "heartbeat.before" else None)


@pytest.fixture
def stop_a_worker_with_a_backlog(services, fleet, backlog, settle, wait_until, written):
    """Stop a worker alone, in the midst of many short jobs: it holds some that it has not started."""

    def stop():
        queues.pause(services, "default")
        before = len(written.runs())
        backlog(MANY)
        queues.resume(services, "default")
        wait_until(lambda: len(written.runs()) > before + MANY / 10, GOOD_TIME)
        for pid in fleet.pids("worker")[-1:]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        settle()

    return stop
