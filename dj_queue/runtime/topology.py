"""Which actors a supervisor runs, from the options and the command line."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dj_queue.config.options import DispatcherOptions, WorkerOptions
from dj_queue.contract import Invocation
from dj_queue.runtime.actor import Actor, Placement
from dj_queue.runtime.dispatcher import Dispatcher
from dj_queue.runtime.scheduler import Scheduler
from dj_queue.runtime.worker import Worker
from dj_queue.services import Services


@dataclass(frozen=True, slots=True)
class ActorPlan:
    """One actor to run: its kind, and how to make it in the process or thread that runs it."""

    kind: str
    make: Callable[[Services, Placement], Actor]


def plan(services: Services, invocation: Invocation) -> list[ActorPlan]:
    """Every actor that this invocation asks for."""
    plans: list[ActorPlan] = []
    if not invocation.only_dispatch:
        for worker in services.options.workers:
            plans += [ActorPlan(Worker.kind, partial(_worker, worker))] * worker.processes
    if not invocation.only_work:
        plans += [ActorPlan(Dispatcher.kind, partial(_dispatcher, d)) for d in services.options.dispatchers]
    if _wants_scheduler(services, invocation):
        plans.append(ActorPlan(Scheduler.kind, Scheduler))
    return plans


def _worker(options: WorkerOptions, services: Services, placement: Placement) -> Actor:
    return Worker(services, options, placement)


def _dispatcher(options: DispatcherOptions, services: Services, placement: Placement) -> Actor:
    return Dispatcher(services, options, placement)


def _wants_scheduler(services: Services, invocation: Invocation) -> bool:
    options = services.options
    if invocation.only_work or invocation.only_dispatch or options.skip_recurring:
        return False
    return bool(options.recurring) or options.scheduler.dynamic_tasks_enabled
