"""Database servers that are killed and come back."""

import os
import time

import pytest
from django.db import connections

from tests.faults.conftest import GOOD_TIME
from tests.runtime.where import only_on

AWAY = float(os.environ.get("DJ_QUEUE_TEST_OUTAGE", "2"))
"""Seconds that the server is away."""
JOBS = 200
NODES = 2
# Two nodes that come back one after the other do not take each other for dead.
PATIENT = "process_alive_threshold: 60\n"


@pytest.mark.fault(15)
@only_on("postgres", "mysql")
def test_a_server_that_is_killed_and_comes_back_finds_its_queue_at_work_again(
    services, server, fleet, backlog, settle, wait_until, hold_to_promises, figures, written
):
    fleet.launch(NODES, options=PATIENT)
    wait_until(lambda: len(fleet.pids("worker")) == NODES, GOOD_TIME)
    backlog(JOBS)
    wait_until(written.runs, GOOD_TIME)
    server.kill()
    connections.close_all()
    time.sleep(AWAY)
    supervisors = [node.pid for node in fleet.supervisors]
    server.start()
    returned = time.monotonic()
    done = len(written.runs())
    wait_until(lambda: len(written.runs()) > done or done >= JOBS, GOOD_TIME)
    figures.most("at work again after the server's return, within s", time.monotonic() - returned)
    settle()
    assert [node.pid for node in fleet.supervisors] == supervisors
    figures.most("seconds away", AWAY)
    hold_to_promises()


@pytest.mark.fault(26)
@pytest.mark.parametrize("server_settings", [("--innodb-snapshot-isolation=ON",)])
@only_on("mysql")
def test_a_server_that_refuses_to_write_what_changed_since_it_was_read_is_asked_again(
    server, fleet, enqueuer, settle, wait_until, hold_to_promises
):
    fleet.launch(NODES, options="workers: [{queues: '*', threads: 3, processes: 2}]")
    wait_until(lambda: len(fleet.pids("worker")) == 2 * NODES, GOOD_TIME)
    producers = [enqueuer(number * JOBS, JOBS) for number in range(2)]
    assert [producer.wait() for producer in producers] == [0, 0]
    settle()
    hold_to_promises()
