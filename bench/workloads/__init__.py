"""What is measured, one module each; `ALL` is the order in which it runs and is shown."""

from bench.workloads import drain, enqueue, flat, idle, latency, waiting
from bench.workloads.workload import Workload

ALL: tuple[Workload, ...] = (
    enqueue.WORKLOAD,
    drain.WORKLOAD,
    waiting.WORKLOAD,
    latency.WORKLOAD,
    idle.WORKLOAD,
    flat.WORKLOAD,
)
BY_NAME = {workload.name: workload for workload in ALL}
