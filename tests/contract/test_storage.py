"""Each database gives every accepted value back equal, as arguments, as a result and as a recurring task's."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from dj_queue.api import schedule_recurring_task, unschedule_recurring_task
from dj_queue.contract import Outcome, OutcomeKind, Status, parse_selector
from dj_queue.contract.payload import dump_payload
from dj_queue.exceptions import ConfigurationError, InvalidArguments
from dj_queue.models import RecurringTask
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import finish
from tests.contract.payloads import ACCEPTED, REFUSED, nested
from tests.project.tasks import add

VALUES = [value for name, (value, _back) in ACCEPTED.items() if name != "depth 30"]
BACK = [back for name, (_value, back) in ACCEPTED.items() if name != "depth 30"]
each_refused = pytest.mark.parametrize("value", [value for value, *_ in REFUSED.values()], ids=REFUSED)


def typed(value):
    """The value with the type of each number: 1.0 equals 1, and is not the same to a task."""
    if isinstance(value, list):
        return [typed(item) for item in value]
    if isinstance(value, dict):
        return {key: typed(item) for key, item in value.items()}
    return type(value), value


def claimed(services):
    [job] = claim(services, [parse_selector("*")], 10, uuid4())
    return job


def test_accepted_arguments_reach_the_worker_as_they_were(on, services):
    on(add).enqueue(*VALUES, deepest=nested(29), key={"k": VALUES})

    job = claimed(services)

    assert typed(job.args) == typed(BACK)
    assert typed(job.kwargs) == typed({"deepest": nested(29), "key": {"k": BACK}})


def test_accepted_arguments_are_in_the_stored_result(on):
    result = on(add).enqueue(VALUES)

    result.refresh()

    assert typed(result.args) == typed([BACK])


@pytest.mark.fault(12)
def test_accepted_return_value_is_read_back_as_it_was(on, services):
    result = on(add).enqueue(1, 1)
    job, now = claimed(services), datetime.now(UTC)
    text = dump_payload([*VALUES, nested(29)], "return value")
    finish(
        services,
        [
            Outcome(
                job.id,
                job.attempt,
                job.process_id,
                OutcomeKind.VALUE,
                Status.SUCCESSFUL,
                now,
                now,
                value_json=text,
            )
        ],
    )

    result.refresh()

    assert typed(result.return_value) == typed([*BACK, nested(29)])


def test_accepted_arguments_of_a_recurring_task_are_read_back_as_they_were(backend_alias, services):
    schedule_recurring_task(
        key="all",
        task_path="tests.project.tasks.add",
        schedule="@daily",
        args=VALUES,
        kwargs={"k": VALUES},
        backend_alias=backend_alias,
    )

    stored = RecurringTask.objects.using(services.database.alias).get()
    unschedule_recurring_task("all", backend_alias=backend_alias)

    assert (typed(stored.args), typed(stored.kwargs)) == (typed(BACK), typed({"k": BACK}))


@pytest.mark.fault(13)
@each_refused
def test_refused_arguments_write_no_row(on, jobs, value):
    with pytest.raises(InvalidArguments, match=r"tests.project.tasks.add: args\[0\]"):
        on(add).enqueue(value)
    with pytest.raises(InvalidArguments, match=r"tests.project.tasks.add: kwargs\['a'\]"):
        on(add).get_backend().enqueue_all([(on(add), (1, 1), {}), (on(add), (), {"a": value})])

    assert jobs.count() == 0


@pytest.mark.fault(13)
@each_refused
def test_refused_arguments_make_no_recurring_task(backend_alias, services, value):
    with pytest.raises(ConfigurationError, match=r"schedule_recurring_task\(\): args: args\[0\]"):
        schedule_recurring_task(
            key="one",
            task_path="tests.project.tasks.add",
            schedule="@daily",
            args=[value],
            backend_alias=backend_alias,
        )

    assert RecurringTask.objects.using(services.database.alias).count() == 0
