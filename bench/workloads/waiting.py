"""How many jobs that only wait one process has in flight: nothing but `async_concurrency` is raised for it."""

import time
from collections.abc import Mapping

from bench.project import tasks
from bench.target import CHUNK, Target
from bench.workloads.workload import Case, Workload

SECONDS = 0.1
CONCURRENCY = 500


def wait_many(target: Target, amount: int) -> Mapping[str, float]:
    """Seconds from the enqueue of the first to the recorded end of the last, workers up already."""
    measured = target.on(tasks.wait)
    with target.workers(async_concurrency=CONCURRENCY) as processes:
        target.warm_up(processes)
        began = time.perf_counter()
        for first in range(0, amount, CHUNK):
            count = min(CHUNK, amount - first)
            measured.get_backend().enqueue_all([tasks.call(measured, SECONDS)] * count)
        target.wait_for_the_end(processes, pause=0.02)
        return {"seconds": time.perf_counter() - began}


WORKLOAD = Workload("wait 100 ms", (Case("1 process, asyncio", 2_000, wait_many),))
