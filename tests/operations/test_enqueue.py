"""Enqueue: one INSERT in the caller's transaction; all else follows the commit."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction
from django.tasks.exceptions import InvalidTask
from django.test import TestCase

from dj_queue.contract import SCHEDULED, Status
from dj_queue.exceptions import DispatchPolicyError, EnqueueError
from tests.operations import listener
from tests.operations.outcomes import success
from tests.project import tasks


def on_tables(statements):
    return [sql for sql in statements if "dj_queue_" in sql]


class Broken(Exception):
    pass


@pytest.mark.smoke
def test_a_plain_job_is_one_insert_and_no_other_statement(on, statements):
    with statements() as seen:
        on(tasks.add).enqueue(1, 2)
    (insert,) = on_tables(seen)
    assert insert.strip().startswith("INSERT INTO")


def test_inside_a_transaction_it_is_one_insert_and_nothing_is_locked_or_told(services, on, statements, heard):
    with transaction.atomic(using=services.database.alias):
        with statements() as seen:
            on(tasks.add).enqueue(1, 2)
            on(tasks.per_account).enqueue("a")
        assert len(seen) == 2
        assert heard.announced == heard.enqueued == []
    assert heard.announced == [["default"]] * 2


@pytest.mark.fault(52)
def test_a_rollback_leaves_no_job_and_tells_nobody(services, on, jobs, heard, signalled):
    with pytest.raises(Broken), transaction.atomic(using=services.database.alias):
        on(tasks.add).enqueue(1, 2)
        on(tasks.per_account).enqueue("a")
        raise Broken
    assert not jobs.exists()
    assert heard.announced == heard.enqueued == signalled == []


@pytest.mark.fault(52)
def test_a_savepoint_rolled_back_takes_only_its_own_jobs_along(services, on, jobs, heard, signalled):
    alias = services.database.alias
    with transaction.atomic(using=alias):
        first = on(tasks.add).enqueue(1, 1)
        with pytest.raises(Broken), transaction.atomic(using=alias):
            on(tasks.add).enqueue(2, 2)
            raise Broken
        third = on(tasks.add).enqueue(3, 3)
    assert [str(job_id) for job_id in jobs.order_by("id").values_list("id", flat=True)] == [
        first.id,
        third.id,
    ]
    assert [job_id for _, job_id, _ in signalled] == [first.id, third.id]


@pytest.mark.fault(52)
def test_nobody_sees_a_job_before_the_outer_transaction_commits(services, on, take, at_once):
    alias = services.database.alias
    with transaction.atomic(using=alias):
        with transaction.atomic(using=alias):
            result = on(tasks.add).enqueue(1, 2)
        assert at_once(take) == [[]]
    assert [str(job.id) for job in take()] == [result.id]


def test_the_transaction_of_another_database_does_not_count(services, on, jobs):
    others = [alias for alias in connections if alias != services.database.alias]
    for other in others:
        with pytest.raises(Broken), transaction.atomic(using=other):
            on(tasks.add).enqueue(1, 2)
            raise Broken
    assert jobs.count() == len(others)


def test_signals_and_hooks_follow_the_commit_in_the_order_of_the_calls(services, on, heard, signalled):
    with transaction.atomic(using=services.database.alias):
        results = [on(tasks.add, priority=-number).enqueue(number, 0) for number in range(3)]
        transaction.on_commit(lambda: signalled.append("callback"), using=services.database.alias)
        results.append(on(tasks.add).enqueue(9, 9))
    told = [("task_enqueued", result.id, "READY") for result in results]
    assert signalled == [*told[:3], "callback", told[3]]
    assert [str(job.id) for batch in heard.enqueued for job in batch] == [result.id for result in results]
    info = heard.enqueued[0][0]
    assert (info.task_path, info.queue_name, info.attempt) == ("tests.project.tasks.add", "default", 0)


def test_dispatchers_are_told_of_a_job_that_is_due_before_they_look(services, on, heard, configure):
    def enqueued(*delays):
        heard.announced.clear()
        now = datetime.now(UTC)
        calls = [(on(tasks.add, run_after=now + timedelta(seconds=delay)), (1, 1), {}) for delay in delays]
        on(tasks.add).get_backend().enqueue_all(calls)
        return heard.announced

    configure(dispatchers=[{"polling_interval": 300}, {"polling_interval": 600}])
    assert enqueued(3600, 400) == []
    assert enqueued(3600, 200) == [[SCHEDULED]]
    assert enqueued(-60) == [[SCHEDULED]]
    on(tasks.add).get_backend().enqueue_all(
        [(on(tasks.add), (1, 1), {}), (on(tasks.add, run_after=datetime.now(UTC)), (1, 1), {})]
    )
    assert heard.announced[-1] == [SCHEDULED, "default"]
    configure(dispatchers=[])
    assert enqueued(200) == []


def test_in_a_test_case_what_follows_the_commit_can_be_run_by_hand(services, on, jobs, heard, signalled):
    alias = services.database.alias
    with transaction.atomic(using=alias):
        with TestCase.captureOnCommitCallbacks(using=alias, execute=True):
            result = on(tasks.per_account).enqueue("a")
        assert signalled == [("task_enqueued", result.id, "READY")]
        assert heard.announced == [["default"]]
        assert jobs.get().status == Status.READY
        transaction.set_rollback(True, using=alias)
    assert not jobs.exists()


@pytest.mark.fault(52)
def test_a_callback_of_the_project_that_raises_loses_no_job(services, on, jobs):
    def callback():
        raise Broken

    with pytest.raises(Broken), transaction.atomic(using=services.database.alias):
        transaction.on_commit(callback, using=services.database.alias)
        on(tasks.add).enqueue(1, 2)
    assert jobs.get().status == Status.READY


@pytest.mark.fault(51)
def test_receivers_and_wakeups_that_break_harm_no_job(services, on, jobs, heard):
    from django.tasks.signals import task_enqueued

    def receiver(**kwargs):
        raise Broken

    listener.transport.error = Broken()
    task_enqueued.connect(receiver)
    try:
        on(tasks.add).enqueue(1, 2)
        with transaction.atomic(using=services.database.alias):
            on(tasks.add).enqueue(3, 4)
    finally:
        task_enqueued.disconnect(receiver)
    assert jobs.count() == 2
    assert [where for _, where in heard.errors] == ["wakeup.announced"] * 2
    assert len(heard.enqueued) == 2


REFUSED = {
    "argument that is not JSON": lambda on: on(tasks.add).enqueue(object(), 1),
    "argument of NUL": lambda on: on(tasks.add).enqueue("\0", 1),
    "half a character": lambda on: on(tasks.add).enqueue(b="\ud800", a=1),
    "float that is no number": lambda on: on(tasks.add).enqueue(float("inf"), 1),
    "too large": lambda on: on(tasks.add).enqueue("x" * 1024 * 1024, 1),
    "too deep": lambda on: on(tasks.add).enqueue(deep(40), 1),
    "queue name with a star": lambda on: on(tasks.add, queue_name="mail*").enqueue(1, 1),
    "queue name too long": lambda on: on(tasks.add, queue_name="x" * 129).enqueue(1, 1),
    "queue name with NUL": lambda on: on(tasks.add, queue_name="a\0").enqueue(1, 1),
    "queue name with space around": lambda on: on(tasks.add, queue_name=" a").enqueue(1, 1),
    "priority": lambda on: on(tasks.add, priority=101).enqueue(1, 1),
    "priority of half": lambda on: on(tasks.add, priority=1.5).enqueue(1, 1),
    "priority that is a truth": lambda on: on(tasks.add, priority=True).enqueue(1, 1),
    "due before the calendar": lambda on: on(tasks.add, run_after=datetime(1, 1, 1, tzinfo=UTC)).enqueue(
        1, 1
    ),
    "due without a zone": lambda on: on(tasks.add, run_after=datetime(2030, 1, 1)).enqueue(1, 1),
    "key that cannot be made": lambda on: on(tasks.per_account).enqueue(1, 2, 3, 4, 5),
    "key too long": lambda on: on(tasks.per_account).enqueue("x" * 10_000),
}


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.fault(13)
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_sends_no_statement_and_leaves_the_transaction_usable(
    services, on, jobs, statements, signalled, name
):
    with transaction.atomic(using=services.database.alias):
        with statements() as seen, pytest.raises(InvalidTask):
            REFUSED[name](on)
        assert seen == []
        kept = on(tasks.add).enqueue(1, 1)
    assert [str(job.id) for job in jobs.all()] == [kept.id]
    assert [job_id for _, job_id, _ in signalled] == [kept.id]


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("concurrency_limit", 0),
        ("concurrency_limit", True),
        ("concurrency_duration", float("inf")),
        ("concurrency_duration", float("nan")),
        ("concurrency_duration", -1),
        ("on_conflict", "wait"),
        ("concurrency_key", lambda *args: None),
        ("concurrency_key", lambda *args: "\0"),
        ("concurrency_key", lambda *args: 1 / 0),
        ("concurrency_key", "{no_such_argument}"),
        ("on_crash", "ignore"),
    ],
)
def test_options_of_a_task_that_mean_nothing_are_refused(on, jobs, monkeypatch, attribute, value):
    monkeypatch.setattr(tasks.per_account.func, attribute, value, raising=False)
    with pytest.raises(DispatchPolicyError, match=f"per_account.{attribute}"):
        on(tasks.per_account).enqueue("a")
    assert not jobs.exists()


def test_many_jobs_are_inserted_a_thousand_at_a_time_with_ids_in_order(services, on, jobs, monkeypatch):
    sizes = []
    insert_jobs = services.dialect.insert_jobs

    def counting(batch):
        sizes.append(len(batch))
        insert_jobs(batch)

    monkeypatch.setattr(services.dialect, "insert_jobs", counting)
    backend = on(tasks.add).get_backend()
    results = backend.enqueue_all([(on(tasks.add), (number, 0), {}) for number in range(2500)])
    assert sizes == [1000, 1000, 500]
    assert [result.args[0] for result in results] == list(range(2500))
    assert [result.id for result in results] == sorted(result.id for result in results)
    assert [args for (args,) in jobs.order_by("id").values_list("args")] == [[n, 0] for n in range(2500)]


def test_of_many_jobs_none_stays_when_a_later_part_fails(services, on, jobs, signalled, monkeypatch):
    insert_jobs = services.dialect.insert_jobs

    def failing(batch):
        insert_jobs(batch)
        if len(batch) < 1000:
            raise Broken

    monkeypatch.setattr(services.dialect, "insert_jobs", failing)
    with pytest.raises(Broken):
        on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, 0), {}) for n in range(1500)])
    assert not jobs.exists()
    assert signalled == []


@pytest.mark.fault(13)
def test_one_refused_call_of_many_refuses_all(on, jobs, statements):
    backend = on(tasks.add).get_backend()
    calls = [(on(tasks.add), (1, 1), {}), (on(tasks.add), (object(), 1), {})]
    with statements() as seen, pytest.raises(EnqueueError, match=r"args\[0\]"):
        backend.enqueue_all(calls)
    assert seen == []
    assert backend.enqueue_all([]) == []


def test_the_result_says_what_was_enqueued(on, backend_alias):
    due = datetime.now(UTC) + timedelta(days=1)
    task = on(tasks.add, priority=5, queue_name="mail", run_after=due)
    result = task.enqueue((1,), b={"c": (2,)})
    assert (result.task, result.args, result.kwargs) == (task, [[1]], {"b": {"c": [2]}})
    assert (result.status, result.backend, result.attempts) == ("READY", backend_alias, 0)
    assert result.enqueued_at is not None
    assert (result.started_at, result.finished_at, result.last_attempted_at) == (None, None, None)
    stored = task.get_backend().get_result(result.id)
    assert (stored.task.run_after, stored.task.priority, stored.task.queue_name) == (due, 5, "mail")
    assert (stored.args, stored.kwargs, stored.enqueued_at) == (
        result.args,
        result.kwargs,
        result.enqueued_at,
    )


@pytest.mark.parametrize(
    ("changes", "status"),
    [({}, Status.READY), ({"run_after": datetime(2020, 1, 1, tzinfo=UTC)}, Status.SCHEDULED)],
)
def test_a_due_time_decides_where_a_job_begins_even_in_the_past(on, jobs, changes, status):
    on(tasks.add, **changes).enqueue(1, 1)
    on(tasks.per_account, **changes).enqueue("a")
    assert [job.status for job in jobs.all()] == [status] * 2


def test_jobs_of_a_key_wait_from_their_commit_on_until_a_slot_is_free(services, on, jobs, take, heard):
    with transaction.atomic(using=services.database.alias):
        results = [on(tasks.per_account, queue_name=f"q{n}").enqueue("a") for n in range(2)]
        assert [job.status for job in jobs.all()] == [Status.BLOCKED] * 2
    assert [job.status for job in jobs.order_by("id")] == [Status.READY, Status.BLOCKED]
    assert heard.announced == [["q0"]]
    assert [str(job.id) for job in take()] == [results[0].id]


def test_a_discarding_job_without_a_slot_says_so_in_its_result(services, on, take):
    from dj_queue.operations.finish import finish

    first, second = on(tasks.singleton).get_backend().enqueue_all([(on(tasks.singleton), (), {})] * 2)
    assert [first.status, second.status] == ["READY", "FAILED"]
    assert second.finished_at is not None
    finish(services, [success(job) for job in take()])
    assert on(tasks.singleton).enqueue().status == "READY"
