"""Which actors a supervisor runs, from the options and the command line."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from dj_queue.config.options import (
    DispatcherOptions,
    Options,
    SchedulerOptions,
    WorkerOptions,
    recurring_by_key,
)
from dj_queue.contract import Invocation
from dj_queue.operations.cleanup import Retention
from dj_queue.runtime.actor import Actor, Placement
from dj_queue.runtime.dispatcher import Dispatcher
from dj_queue.runtime.scheduler import Scheduler
from dj_queue.runtime.worker import Worker
from dj_queue.services import Services


@dataclass(frozen=True, slots=True)
class ActorPlan:
    """One actor to run. Equal plans make equal actors: one that runs by the one need not make way for the other."""

    kind: str
    make: Callable[[Services, Placement], Actor] = field(compare=False)
    """Makes it in the process or thread that runs it."""
    options: object = None
    """The options that are this actor's alone."""
    shared: Options | None = None
    """The options of all actors, without those that are one actor's alone."""


def plan(services: Services, invocation: Invocation) -> list[ActorPlan]:
    """Every actor that this invocation asks for."""
    options = services.options
    shared = _without_what_one_kind_reads(options)
    plans: list[ActorPlan] = []
    if not invocation.only_dispatch:
        for worker in options.workers:
            # A worker does not mind how many others there are.
            one = replace(worker, processes=1)
            plans += [ActorPlan(Worker.kind, partial(_worker, one), one, shared)] * worker.processes
    if not invocation.only_work:
        for dispatcher in options.dispatchers:
            own = (dispatcher, Retention.of(options))
            plans.append(ActorPlan(Dispatcher.kind, partial(_dispatcher, dispatcher), own, shared))
    if _wants_scheduler(services, invocation):
        plans.append(
            ActorPlan(Scheduler.kind, Scheduler, (options.scheduler, recurring_by_key(options)), shared)
        )
    return plans


def _without_what_one_kind_reads(options: Options) -> Options:
    """The options that concern every actor."""
    return replace(
        options,
        workers=(),
        dispatchers=(),
        scheduler=SchedulerOptions(),
        recurring=(),
        skip_recurring=False,
        clear_finished_jobs_after=None,
        clear_failed_jobs_after=None,
        clear_recurring_executions_after=None,
    )


def _worker(options: WorkerOptions, services: Services, placement: Placement) -> Actor:
    return Worker(services, options, placement)


def _dispatcher(options: DispatcherOptions, services: Services, placement: Placement) -> Actor:
    return Dispatcher(services, options, placement)


def _wants_scheduler(services: Services, invocation: Invocation) -> bool:
    options = services.options
    if invocation.only_work or invocation.only_dispatch or options.skip_recurring:
        return False
    return bool(options.recurring) or options.scheduler.dynamic_tasks_enabled
