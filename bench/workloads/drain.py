"""How fast a backlog of jobs that do nothing is worked off: threads and asyncio, and by how many processes."""

from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

from bench.project import tasks
from bench.target import Target, wait
from bench.workloads.workload import Case, Workload

THREADS = 3
"""The default of a worker."""
LOOK = 0.02
"""Seconds between looks. Rows say when a job's body ended; how many outcomes are recorded, only a look tells."""


def drain(task: Any, processes: int) -> Callable[[Target, int], Mapping[str, float]]:
    """A measurement of so many worker processes on a backlog of one task."""

    def measure(target: Target, amount: int) -> Mapping[str, float]:
        target.fill([target.on(task)], amount)
        target.server.settle()
        ended = target.jobs.exclude(finished_at=None)
        with target.workers(threads=THREADS, processes=processes) as running:
            began = perf_counter()
            wait(ended.exists, running, LOOK)
            before, cpu = ended.count() % amount, running.cpu()
            # So few jobs that all had ended at the first look are measured with the boot of the processes.
            began = perf_counter() if before else began
            target.wait_for_the_end(running, pause=LOOK)
            seconds, cpu = perf_counter() - began, running.cpu() - cpu
        rest = amount - before
        return {"jobs_per_second": rest / seconds, "cpu_ms_per_job": 1000 * cpu / rest}

    return measure


WORKLOAD = Workload(
    "drain",
    (
        Case("1 process, threads", 10_000, drain(tasks.nothing, 1)),
        Case("1 process, asyncio", 10_000, drain(tasks.nothing_async, 1)),
        Case("2 processes, threads", 10_000, drain(tasks.nothing, 2)),
        Case("4 processes, threads", 10_000, drain(tasks.nothing, 4)),
    ),
)
