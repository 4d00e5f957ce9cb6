"""Deploys under load: one node after the other is told to stop, and another started in its place."""

import signal
from collections import deque
from pathlib import Path

import pytest

from dj_queue.models import Job
from tests.faults.conftest import GOOD_TIME

NODES = 3
TURNS = 2
"""Of each round: twenty in the ten rounds of the report."""
# Who is late on a busy machine is not dead: that is another fault.
OPTIONS = "shutdown_timeout: 10\nprocess_alive_threshold: 60\n"
PAUSE = 0.02


@pytest.mark.of_the_runtime
@pytest.mark.fault(48)
def test_restarts_of_nodes_under_load_lose_double_and_fail_nothing(
    services, queue_process, enqueuer, written, wait_until, settle, hold_to_promises, figures, rounds
):
    nodes = deque(queue_process(options=OPTIONS) for _ in range(NODES))
    for node in nodes:
        wait_until(lambda one=node: "started worker" in said(one), GOOD_TIME)
    for turn in range(TURNS * len(rounds)):
        producer = enqueuer(turn * 100, 100, PAUSE)
        done = len(written.runs())
        wait_until(lambda before=done: len(written.runs()) > before, GOOD_TIME)
        newest = queue_process(options=OPTIONS)
        oldest = nodes.popleft()
        oldest.send_signal(signal.SIGTERM)
        assert oldest.wait(GOOD_TIME) == 0
        nodes.append(newest)
        wait_until(lambda one=newest: "started worker" in said(one), GOOD_TIME)
        assert producer.wait(GOOD_TIME) == 0
        figures.note("restarts", 1)
    settle()
    hold_to_promises()
    jobs = Job.objects.using(services.database.alias)
    assert set(jobs.values_list("status", "lost").distinct()) == {("successful", 0)}
    stubborn = jobs.filter(task_path="tests.faults.tasks.stubborn")
    assert set(stubborn.values_list("attempts", flat=True)) == {2}
    assert set(jobs.exclude(id__in=stubborn.values("id")).values_list("attempts", flat=True)) == {1}
    figures.most("99 of 100 jobs started within s", latency(jobs))


def said(node):
    return Path(node.log.name).read_text()


def latency(jobs):
    """Seconds from the enqueue to the start: of plain jobs, a hundredth left out."""
    plain = jobs.filter(run_after=None, concurrency_key=None, attempts=1)
    found = sorted(
        (start - made).total_seconds() for made, start in plain.values_list("enqueued_at", "started_at")
    )
    return found[int(0.99 * len(found))]
