"""Deploys under load: one node after the other is told to stop, and another started in its place."""

import signal
import time
from collections import deque
from pathlib import Path

import pytest

from dj_queue.models import Job
from tests.faults.conftest import GOOD_TIME, IS_IN_FULL

NODES = 3
RESTARTS = 20 if IS_IN_FULL else 4
# Who is late on a busy machine is not dead: that is another fault.
OPTIONS = "shutdown_timeout: 10\nprocess_alive_threshold: 60\n"
CALLS, BATCH = 100, 60
"""Calls in a second, from before the first restart until after the last one: 680 jobs, as of ten calls one is for many."""
ENDLESS = 10**9


@pytest.mark.of_the_runtime
@pytest.mark.fault(48)
def test_restarts_of_nodes_under_load_lose_double_and_fail_nothing(
    services, queue_process, enqueuer, written, wait_until, settle, hold_to_promises, figures
):
    nodes = deque(queue_process(options=OPTIONS) for _ in range(NODES))
    for node in nodes:
        wait_until(lambda one=node: "started worker" in said(one), GOOD_TIME)
    producer = enqueuer(0, ENDLESS, CALLS, BATCH)
    wait_until(lambda: size_of(written, "runs") > 0, GOOD_TIME)
    load = Load(written)
    for _ in range(RESTARTS):
        newest = queue_process(options=OPTIONS)
        oldest = nodes.popleft()
        oldest.send_signal(signal.SIGTERM)
        assert oldest.wait(GOOD_TIME) == 0
        nodes.append(newest)
        wait_until(lambda one=newest: "started worker" in said(one), GOOD_TIME)
        # A deploy goes on only where jobs do.
        before = size_of(written, "runs")
        wait_until(lambda before=before: size_of(written, "runs") > before, GOOD_TIME)
        figures.note("restarts", 1)
    figures.most("jobs enqueued per second", load.rate())
    producer.send_signal(signal.SIGTERM)
    assert producer.wait(GOOD_TIME) == 0
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


def size_of(written, name):
    path = written.folder / name
    return path.stat().st_size if path.exists() else 0


class Load:
    """What was enqueued since this was made."""

    def __init__(self, written):
        self._written = written
        self._count = len(written.enqueued())
        self._start = time.monotonic()

    def rate(self):
        """Jobs in a second until now."""
        return (len(self._written.enqueued()) - self._count) / (time.monotonic() - self._start)


def latency(jobs):
    """Seconds from the enqueue to the start: of plain jobs, a hundredth left out."""
    plain = jobs.filter(run_after=None, concurrency_key=None, attempts=1)
    found = sorted(
        (start - made).total_seconds() for made, start in plain.values_list("enqueued_at", "started_at")
    )
    return found[int(0.99 * len(found))]
