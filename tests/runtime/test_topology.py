"""Which actors an invocation asks for."""

from dataclasses import replace

import pytest

from dj_queue.config.options import DispatcherOptions, SchedulerOptions, WorkerOptions
from dj_queue.contract import Invocation
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.topology import plan
from tests.runtime.where import only_on_one

pytestmark = only_on_one("default")


@pytest.fixture
def full(services):
    """Services that have something of everything."""
    options = replace(
        services.options,
        workers=(WorkerOptions(processes=2), WorkerOptions(threads=1)),
        dispatchers=(DispatcherOptions(), DispatcherOptions(batch_size=1)),
        scheduler=SchedulerOptions(dynamic_tasks_enabled=True),
    )
    return replace(services, options=options)


@pytest.mark.parametrize(
    ("invocation", "kinds"),
    [
        (Invocation(), ["worker"] * 3 + ["dispatcher"] * 2 + ["scheduler"]),
        (Invocation(only_work=True), ["worker"] * 3),
        (Invocation(only_dispatch=True), ["dispatcher"] * 2),
    ],
)
def test_the_command_line_chooses_kinds_and_the_options_how_many(full, invocation, kinds):
    assert [one.kind for one in plan(full, invocation)] == kinds


def test_without_recurring_tasks_there_is_no_scheduler(services):
    assert "scheduler" not in [one.kind for one in plan(services, Invocation())]


def test_recurring_tasks_can_be_skipped(full):
    skipping = replace(full, options=replace(full.options, skip_recurring=True))
    assert "scheduler" not in [one.kind for one in plan(skipping, Invocation())]


def test_each_plan_makes_an_actor_of_its_kind_and_options(full):
    actors = [one.make(full, Placement()) for one in plan(full, Invocation())]
    assert [actor.kind for actor in actors] == [one.kind for one in plan(full, Invocation())]
    assert [actor.metadata()["threads"] for actor in actors[:3]] == [3, 3, 1]
    assert [actor.metadata()["batch_size"] for actor in actors[3:5]] == [500, 1]
    assert len({actor.process.id for actor in actors}) == len(actors)
