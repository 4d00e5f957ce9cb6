"""The backend as django.tasks asks for it: what is accepted, what is refused, and what an enqueue is."""

import subprocess
import sys
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connections, transaction
from django.tasks import TaskResultStatus, task, task_backends
from django.tasks.exceptions import InvalidTask
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from dj_queue.backend import DjQueueBackend
from dj_queue.contract import Status, parse_selector
from dj_queue.operations.claim import claim
from tests.project.tasks import add, anap, nap

ROOT = Path(__file__).parents[1]
NEW_YORK = ZoneInfo("America/New_York")
OTHER = {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}
IMMEDIATE = {"BACKEND": "django.tasks.backends.immediate.ImmediateBackend"}


class SubclassedBackend(DjQueueBackend):
    """What a project makes of the backend."""


def wants_no_context(value):
    return value


def wants_context(context, value):
    return value


def tasks_with(**entries):
    """TASKS of the test project with some entries changed; None takes one away."""
    changed = {**settings.TASKS, **entries}
    return override_settings(TASKS={alias: entry for alias, entry in changed.items() if entry is not None})


@pytest.mark.parametrize("priority", [-100, 0, 100])
def test_priorities_of_the_whole_range_are_kept(on, priority):
    result = on(add, priority=priority).enqueue(1, 1)
    assert on(add).get_result(result.id).task.priority == priority


@pytest.mark.parametrize("priority", [-101, 101, 1.5, 1.0, True, "5", float("nan")], ids=repr)
def test_other_priorities_are_refused(on, priority):
    with pytest.raises(InvalidTask, match="priority must be a whole number"):
        on(add, priority=priority)


NAMES = [
    "email",
    "Email",
    "émail",
    "e\u0301mail",
    "🐎",
    "100%",
    "a_b",
    "a-b",
    "a b",
    "x" * 128,
    "a.b/c:d",
    "1",
]


def test_queue_names_that_differ_are_different_queues_on_every_database(services, on):
    ids = {name: on(add, queue_name=name).enqueue(1, 1).id for name in NAMES}
    for name, job_id in ids.items():
        assert on(add).get_result(job_id).task.queue_name == name
        taken = claim(services, [parse_selector(name)], 100, UUID(int=1))
        assert [str(job.id) for job in taken] == [job_id]


@pytest.mark.parametrize(
    "name",
    ["", "x" * 129, "a\0b", " email", "email ", "email*", "*", "a\nb", "\ud800", 5, None.__class__, ["a"]],
    ids=repr,
)
def test_names_that_no_queue_may_have_are_refused_when_the_task_is_made(on, name):
    with pytest.raises(InvalidTask, match="queue name"):
        on(add, queue_name=name)


def test_queues_that_tasks_does_not_list_are_refused(backend_alias):
    with tasks_with(**{backend_alias: {**settings.TASKS[backend_alias], "QUEUES": ["default", "email"]}}):
        assert add.using(backend=backend_alias, queue_name="email").enqueue(1, 1).task.queue_name == "email"
        with pytest.raises(InvalidTask, match="Queue 'reports' is not valid"):
            add.using(backend=backend_alias, queue_name="reports")


def test_without_queues_in_tasks_there_is_the_default_one():
    entry = {key: value for key, value in settings.TASKS["default"].items() if key != "QUEUES"}
    with tasks_with(default=entry):
        assert add.using(queue_name="default")
        with pytest.raises(InvalidTask, match="not valid"):
            add.using(queue_name="email")


def test_functions_that_a_worker_could_not_find_are_refused():
    def local():
        """Nobody else can import it."""

    for function in (local, lambda: None, len):
        with pytest.raises(InvalidTask, match="module level"):
            task(function)


def test_a_task_that_takes_context_has_to_name_it():
    assert task(takes_context=True)(wants_context).takes_context
    with pytest.raises(InvalidTask, match="context"):
        task(takes_context=True)(wants_no_context)


@pytest.mark.parametrize("moment", ["tomorrow", date(2030, 1, 1), 0], ids=repr)
def test_run_after_that_is_no_datetime_is_refused(on, moment):
    with pytest.raises(InvalidTask, match="run_after must be a datetime"):
        on(add, run_after=moment)


def test_naive_run_after_is_refused_where_the_project_uses_time_zones(on):
    with pytest.raises(InvalidTask, match="aware"):
        on(add, run_after=datetime(2030, 1, 1))


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1000, 1, 2, tzinfo=UTC),
        datetime(1969, 7, 20, 20, 17, tzinfo=UTC),
        datetime(2030, 7, 1, 12, 30, 15, 123456, tzinfo=NEW_YORK),
        datetime(9999, 12, 30, tzinfo=UTC),
    ],
    ids=str,
)
def test_run_after_comes_back_as_it_was_from_every_database(on, moment):
    result = on(add, run_after=moment).enqueue(1, 1)
    assert on(add).get_result(result.id).task.run_after == moment


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=NEW_YORK),
        datetime(999, 1, 1, tzinfo=UTC),
    ],
    ids=str,
)
def test_run_after_that_some_database_cannot_hold_is_refused_before_any_sql(on, services, jobs, moment):
    with transaction.atomic(using=services.database.alias):
        with pytest.raises(InvalidTask, match="run_after"):
            on(add, run_after=moment).enqueue(1, 1)
        on(add).enqueue(1, 1)
    assert jobs.count() == 1


def test_a_past_run_after_is_due_at_once_and_a_future_one_is_not(on, services, jobs):
    from dj_queue.operations.promote import promote_due

    past = on(add, run_after=datetime.now(UTC) - timedelta(seconds=5)).enqueue(1, 1)
    future = on(add, run_after=datetime.now(UTC) + timedelta(hours=1)).enqueue(1, 1)
    promote_due(services, 10)
    assert (jobs.get(id=past.id).status, jobs.get(id=future.id).status) == (Status.READY, Status.SCHEDULED)


def test_without_time_zones_naive_moments_are_local_in_and_out(on, jobs, backend_alias):
    with override_settings(USE_TZ=False):
        local = datetime(2030, 7, 1, 12, 0)
        result = on(add, run_after=local).enqueue(1, 1)
        stored = on(add).get_result(result.id)
        aware = on(add, run_after=datetime(2030, 7, 1, 16, 0, tzinfo=UTC)).enqueue(1, 1)
        other = on(add).get_result(aware.id)
    assert jobs.get(id=result.id).run_after == datetime(2030, 7, 1, 16, 0, tzinfo=UTC)
    assert (stored.task.run_after, other.task.run_after) == (local, local)
    assert stored.enqueued_at.tzinfo is None
    assert result.enqueued_at == stored.enqueued_at
    assert abs(stored.enqueued_at - datetime.now(NEW_YORK).replace(tzinfo=None)) < timedelta(hours=1)


@pytest.mark.smoke
def test_a_fresh_result_says_what_was_enqueued_and_the_stored_one_the_same(on, backend_alias):
    result = on(add, priority=7, queue_name="email").enqueue((1, 2), b={"x": b"bytes", "y": [None, 1.5]})
    stored = on(add).get_backend().get_result(result.id)
    for each in (result, stored):
        assert str(UUID(each.id)) == each.id
        assert each.status is TaskResultStatus.READY
        assert (each.args, each.kwargs) == ([[1, 2]], {"b": {"x": "bytes", "y": [None, 1.5]}})
        assert (each.backend, each.task.priority, each.task.queue_name) == (backend_alias, 7, "email")
        assert each.task.func is add.func
        assert (each.errors, each.worker_ids, each.attempts) == ([], [], 0)
        assert (each.started_at, each.last_attempted_at, each.finished_at) == (None, None, None)
        assert each.enqueued_at.tzinfo is not None
        assert not each.is_finished
        with pytest.raises(ValueError, match="not finished"):
            _ = each.return_value
    assert stored.enqueued_at == result.enqueued_at


def test_ids_sort_by_age(on):
    ids = [on(add).enqueue(1, 1).id for _ in range(20)]
    assert ids == sorted(ids)


def test_many_calls_of_several_tasks_are_enqueued_in_their_order(on, jobs):
    email, later = (
        on(nap, queue_name="email", priority=5),
        on(anap, run_after=datetime(2030, 1, 1, tzinfo=UTC)),
    )
    calls = [(on(add), (1,), {"b": 2}), (email, [0.5], {}), (later, (0,), {})]
    results = on(add).get_backend().enqueue_all(call for call in calls)
    assert [result.task for result in results] == [call[0] for call in calls]
    assert [result.args for result in results] == [[1], [0.5], [0]]
    rows = [jobs.get(id=result.id) for result in results]
    assert [row.task_path.rpartition(".")[2] for row in rows] == ["add", "nap", "anap"]
    assert [row.status for row in rows] == [Status.READY, Status.READY, Status.SCHEDULED]
    assert [result.id for result in results] == sorted(result.id for result in results)


@pytest.mark.parametrize("calls", [[], (), iter(()), {}])
def test_nothing_to_enqueue_gives_no_results_and_asks_no_database(on, services, calls):
    with CaptureQueriesContext(connections[services.database.alias]) as queries:
        assert on(add).get_backend().enqueue_all(calls) == []
    assert len(queries) == 0


def test_more_calls_than_one_statement_takes_are_still_all_or_nothing(on, services, jobs):
    backend = on(add).get_backend()
    calls = [(on(add), (number, 0), {}) for number in range(2500)]
    with pytest.raises(InvalidTask, match=r"args\[0\]"):
        backend.enqueue_all([*calls, (on(add), (object(), 1), {})])
    assert jobs.count() == 0
    with pytest.raises(RuntimeError), transaction.atomic(using=services.database.alias):
        backend.enqueue_all(calls)
        raise RuntimeError
    assert jobs.count() == 0
    assert len({result.id for result in backend.enqueue_all(calls)}) == jobs.count() == 2500


def test_a_task_of_another_backend_among_many_is_refused_with_what_to_do(on, backend_alias, jobs):
    other = next(alias for alias in settings.TASKS if alias != backend_alias)
    calls = [(on(add), (1, 1), {}), (add.using(backend=other), (1, 1), {})]
    with pytest.raises(InvalidTask, match=rf"of the backend '{other}'.*using\(backend='{backend_alias}'\)"):
        on(add).get_backend().enqueue_all(calls)
    assert jobs.count() == 0


def test_async_callers_enqueue_many_read_and_refresh(on, run_jobs):
    async def enqueue():
        backend = on(add).get_backend()
        one = await on(add).aenqueue(1, 2)
        many = await backend.aenqueue_all([(on(add), (number, 1), {}) for number in range(3)])
        return [one, *many]

    async def read(results):
        backend = on(add).get_backend()
        for result in results:
            await result.arefresh()
        return [await backend.aget_result(result.id) for result in results]

    results = async_to_sync(enqueue)()
    run_jobs()
    stored = async_to_sync(read)(results)
    assert [each.return_value for each in results] == [each.return_value for each in stored] == [3, 1, 2, 3]


def count_elsewhere(jobs):
    """How many jobs another connection sees."""
    counts = []

    def look():
        counts.append(jobs.count())
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return counts[0]


def test_nobody_sees_a_job_before_the_transaction_commits(on, services, jobs):
    with transaction.atomic(using=services.database.alias):
        on(add).enqueue(1, 1)
        on(add).get_backend().enqueue_all([(on(add), (1, 1), {})] * 2)
        assert (jobs.count(), count_elsewhere(jobs)) == (3, 0)
    assert count_elsewhere(jobs) == 3


def test_a_rolled_back_savepoint_takes_only_its_own_jobs(on, services, jobs):
    alias = services.database.alias
    with transaction.atomic(using=alias):
        kept = [on(add).enqueue(1, 1)]
        with pytest.raises(RuntimeError), transaction.atomic(using=alias):
            on(add).enqueue(2, 2)
            raise RuntimeError
        kept.append(on(add).enqueue(3, 3))
    assert {str(pk) for pk in jobs.values_list("id", flat=True)} == {result.id for result in kept}


def test_a_refused_call_leaves_the_callers_transaction_usable(on, services, jobs):
    with transaction.atomic(using=services.database.alias):
        with pytest.raises(InvalidTask):
            on(add).enqueue(object())
        on(add).enqueue(1, 1)
    assert jobs.count() == 1


def test_an_enqueue_without_autocommit_is_durable_when_its_caller_commits(on, services, jobs):
    alias = services.database.alias
    transaction.set_autocommit(False, using=alias)
    try:
        on(add).enqueue(1, 1)
        transaction.rollback(using=alias)
        kept = on(add).enqueue(2, 2)
        transaction.commit(using=alias)
    finally:
        transaction.set_autocommit(True, using=alias)
    assert [str(pk) for pk in jobs.values_list("id", flat=True)] == [kept.id]


def test_subclassed_backends_work_like_their_parent(backend_alias, run_jobs):
    path = f"{SubclassedBackend.__module__}.SubclassedBackend"
    with tasks_with(**{backend_alias: {**settings.TASKS[backend_alias], "BACKEND": path}}):
        assert isinstance(task_backends[backend_alias], SubclassedBackend)
        result = add.using(backend=backend_alias).enqueue(1, 2)
        run_jobs()
        result.refresh()
        assert result.return_value == 3


def test_other_backends_stand_beside_it_and_in_its_place(backend_alias):
    with tasks_with(default=IMMEDIATE, test=OTHER, queue=settings.TASKS[backend_alias]):
        assert add.enqueue(1, 2).return_value == 3
        assert add.using(backend="test").enqueue(1, 2).status == "READY"
        result = add.using(backend="queue").enqueue(1, 2)
        result.refresh()
        assert (result.status, result.backend) == ("READY", "queue")


def test_changed_settings_are_heeded_at_once(on, backend_alias):
    entry = settings.TASKS[backend_alias]
    small = {**entry, "OPTIONS": {**entry["OPTIONS"], "max_payload_bytes": 10}}
    with tasks_with(**{backend_alias: small}), pytest.raises(InvalidTask, match="more than 10 bytes"):
        on(add).enqueue("x" * 20, 1)
    assert on(add).enqueue("x" * 20, 1)


def in_a_fresh_process(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=180, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_tasks_are_made_before_the_apps_are_ready_without_models_database_or_plugins():
    code = """
import sys
from django.conf import settings
settings.configure(
    DATABASES={"default": {"ENGINE": "no.such.engine"}},
    TASKS={"default": {"BACKEND": "dj_queue.backend.DjQueueBackend", "OPTIONS": {"plugins": ["no.such.plugin"]}}},
)
from tests.project.early import early
print(early.using(priority=3).priority, "dj_queue.models" in sys.modules)
"""
    assert in_a_fresh_process(code) == "3 False"
