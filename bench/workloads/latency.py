"""How long a job waits for an idle worker: from before its enqueue to the first line of its task."""

import time
from collections.abc import Mapping

from bench.measurement import percentile
from bench.project import tasks
from bench.target import Target
from bench.workloads.workload import Case, Workload

EVERY = 0.05
"""Seconds between enqueues."""


def latency(target: Target, amount: int) -> Mapping[str, float]:
    """One job each 50 ms, worker idle in between."""
    measured = target.on(tasks.mark)
    with target.workers() as processes:
        target.warm_up(processes)
        time.sleep(1)
        for _ in range(amount):
            measured.enqueue(time.monotonic_ns())
            time.sleep(EVERY)
        target.wait_for_the_end(processes)
    waited = [_milliseconds(line) for line in target.marks.read_text().splitlines()]
    return {"p50_ms": percentile(waited, 0.5), "p99_ms": percentile(waited, 0.99)}


def _milliseconds(line: str) -> float:
    sent, started = map(int, line.split())
    return (started - sent) / 1e6


WORKLOAD = Workload("latency", (Case("enqueue to start", 60, latency),))
