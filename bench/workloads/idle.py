"""What an idle queue costs: CPU of supervisor, worker and dispatcher, and what they ask of the database."""

import time
from collections.abc import Mapping

from bench.target import Target
from bench.workloads.workload import Case, Workload

SETTLING = 2
"""Seconds between the last job and the measurement: polls and wakeups calm down."""


def idle(target: Target, amount: int) -> Mapping[str, float]:
    """So many seconds with nothing to do."""
    with target.workers() as processes:
        target.warm_up(processes)
        time.sleep(SETTLING)
        asked, cpu, began = target.server.count(), processes.cpu(), time.perf_counter()
        time.sleep(amount)
        seconds, cpu = time.perf_counter() - began, processes.cpu() - cpu
        asked = target.server.count() - asked - 1
    values = {"cpu_ms_per_second": 1000 * cpu / seconds}
    if target.server.counter:
        values[target.server.counter] = asked / seconds
    return values


WORKLOAD = Workload("idle", (Case("1 worker with the defaults", 6, idle),))
