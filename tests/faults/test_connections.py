"""Connections that servers, networks and operators break while jobs run."""

import threading

import pytest
from django.db import connections

from tests.faults.conftest import GOOD_TIME, IS_IN_FULL
from tests.faults.server_connections import end_a_connection, own_connection
from tests.runtime.where import direct_servers, only_on

STORM = "workers: [{queues: '*', threads: 3, processes: 2}]\n"
JOBS = 300
BETWEEN_KILLS = 0.1
REQUESTS_A_LOSS = 40


class Storm(threading.Thread):
    """Ends one connection of somebody else after the other, on a connection of its own."""

    def __init__(self, alias):
        super().__init__(daemon=True)
        self._alias = alias
        self._spared = {own_connection(alias)}
        self._over = threading.Event()
        self.ended = 0

    def run(self):
        while not self._over.wait(BETWEEN_KILLS):
            self.ended += end_a_connection(self._alias, self._spared)
        connections[self._alias].close()

    def end(self):
        self._over.set()
        self.join()


@pytest.mark.fault(14)
@direct_servers
def test_work_goes_on_while_the_server_ends_one_connection_after_the_other(
    services, fleet, backlog, settle, wait_until, hold_to_promises, figures, rounds
):
    fleet.launch(1, options=STORM)
    wait_until(lambda: len(fleet.pids("worker")) == 2, GOOD_TIME)
    storm = Storm(services.database.alias)
    storm.start()
    for _ in rounds:
        backlog(JOBS)
        settle()
    storm.end()
    figures.note("connections ended", storm.ended)
    hold_to_promises()


@pytest.mark.fault(19)
@direct_servers
def test_replies_that_are_lost_after_the_commit_change_nothing(
    fleet, backlog, settle, wait_until, hold_to_promises, figures, rounds, proxy, written
):
    proxy.open()
    fleet.launch(1, options=STORM)
    wait_until(lambda: len(fleet.pids("worker")) == 2, GOOD_TIME)
    proxy.lose_replies(REQUESTS_A_LOSS)
    for _ in rounds:
        backlog(JOBS)
        settle()
    proxy.lose_replies(None)
    figures.note("replies lost", proxy.lost)
    assert proxy.lost > 0
    # A lost answer is no crash: no body runs twice for it.
    assert len(written.runs()) == JOBS * len(rounds)
    hold_to_promises()


@pytest.mark.fault(20)
@pytest.mark.skipif(not IS_IN_FULL, reason="a listener pings itself twice a minute: part of the full run")
@only_on("postgres")
def test_a_listener_whose_connection_died_silently_is_noticed_and_jobs_start_meanwhile(
    on, fleet, written, settle, wait_until, hold_to_promises, proxy, backlog
):
    proxy.open()
    fleet.launch(1, options="workers: [{queues: '*', polling_interval: 0.5}]\n")
    wait_until(lambda: fleet.pids("worker") and fleet.pids("dispatcher"), GOOD_TIME)
    backlog(1)
    settle()
    wait_until(lambda: proxy.silence(b"LISTEN") >= 2, GOOD_TIME)
    backlog(3)
    settle()
    wait_until(lambda: "did not deliver a notification" in fleet.logs(), GOOD_TIME)
    before = proxy.count(b"LISTEN")
    wait_until(lambda: proxy.count(b"LISTEN") > before, GOOD_TIME)
    hold_to_promises()
