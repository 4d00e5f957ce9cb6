"""How fast jobs come in: one by one, each committed before the next, and by the thousand."""

import time
from collections.abc import Mapping

from bench.project import tasks
from bench.target import Target
from bench.workloads.workload import Case, Workload


def one_by_one(target: Target, amount: int) -> Mapping[str, float]:
    """Each `enqueue` commits by itself."""
    measured = target.on(tasks.nothing)
    began = time.perf_counter()
    for number in range(amount):
        measured.enqueue(number)
    return {"jobs_per_second": amount / (time.perf_counter() - began)}


def many(target: Target, amount: int) -> Mapping[str, float]:
    """`enqueue_all` with a thousand jobs a call."""
    began = time.perf_counter()
    target.fill([target.on(tasks.nothing)], amount)
    return {"jobs_per_second": amount / (time.perf_counter() - began)}


WORKLOAD = Workload(
    "enqueue", (Case("one by one", 1_000, one_by_one), Case("a thousand a call", 20_000, many))
)
