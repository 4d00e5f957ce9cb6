"""Cleanup: what is over goes when its retention ends, all of it, and nothing else."""

from datetime import UTC, datetime, timedelta

import pytest

from dj_queue.contract import Status, events
from dj_queue.models import RecurringExecution
from dj_queue.operations import cleanup
from dj_queue.operations.cleanup import Narrowing, Retention
from dj_queue.operations.policy import hash_key
from tests.project import tasks

AN_HOUR = 3600.0
FINISHED = [status for status in Status if status.is_finished]


@pytest.fixture
def ended(services, on, jobs):
    """`ended(status, hours)` is a job that ended so many hours ago."""

    def make(status, hours, task=tasks.add, args=(1, 1)):
        result = on(task).enqueue(*args)
        moment = services.dialect.now() - timedelta(hours=hours)
        jobs.filter(id=result.id).update(status=status, finished_at=moment)
        return result

    return make


@pytest.fixture
def fired(services):
    """`fired(key_hash, hours)` is the record of a slot that fired so many hours ago."""

    def make(key_hash, hours):
        now = services.dialect.now()
        RecurringExecution.objects.using(services.database.alias).create(
            backend_alias=services.alias,
            key_hash=key_hash,
            run_at=now - timedelta(hours=hours),
            job_id="01890000-0000-7000-8000-000000000000",
            created_at=now - timedelta(hours=hours),
        )

    return make


def left(jobs):
    return sorted(jobs.values_list("status", flat=True))


def test_by_default_finished_jobs_go_after_a_day_and_failed_ones_stay(services, ended, jobs):
    for status in FINISHED:
        ended(status, hours=23)
        ended(status, hours=25)
    assert cleanup.prune_by_retention(services) == 3
    assert left(jobs) == sorted([*FINISHED, Status.FAILED])


def test_each_retention_is_an_option(configure, ended, fired, jobs):
    services = configure(
        clear_finished_jobs_after=None, clear_failed_jobs_after=AN_HOUR, clear_recurring_executions_after=60
    )
    for status in FINISHED:
        ended(status, hours=2)
    fired("a", hours=1)
    assert cleanup.prune_by_retention(services) == 2
    assert left(jobs) == sorted(set(FINISHED) - {Status.FAILED})


def test_jobs_that_have_not_ended_are_never_pruned(services, on, take, jobs):
    on(tasks.add).enqueue(1, 1)
    take()
    for _ in range(2):
        on(tasks.per_account).enqueue("a")
    on(tasks.add, run_after=datetime(2020, 1, 1, tzinfo=UTC)).enqueue(1, 1)
    for status in Status:
        assert cleanup.prune_jobs(services, status, 0.0) == 0
    assert jobs.count() == 4


def test_pruning_goes_on_until_nothing_is_due(services, on, jobs, heard):
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(1203)])
    jobs.update(status=Status.SUCCESSFUL, finished_at=datetime(2020, 1, 1, tzinfo=UTC))
    kept = on(tasks.add).enqueue(1, 1)
    assert cleanup.prune_jobs(services, Status.SUCCESSFUL, AN_HOUR) == 1203
    assert [str(job.id) for job in jobs.all()] == [kept.id]
    assert [event.count for event in heard.events if event.name == events.PRUNE] == [1203]


def test_a_batch_is_one_delete_statement_and_the_last_may_look_twice(services, ended, statements):
    for _ in range(5):
        ended(Status.FAILED, hours=2)
    with statements() as seen:
        assert cleanup.prune_jobs(services, Status.FAILED, AN_HOUR, batch_size=2) == 5
    assert sum(sql.strip().startswith("DELETE") for sql in seen) in (3, 4)


def test_pruning_of_every_kind_can_be_left_between_two_batches(configure, ended, fired, jobs):
    services = configure(clear_failed_jobs_after=AN_HOUR, clear_recurring_executions_after=60)
    for status in FINISHED:
        for _ in range(5):
            ended(status, hours=48)
    fired("a", hours=1)
    retention = Retention.of(services.options)
    answers = iter([True, True])
    counts = cleanup.prune(services, retention, batch_size=2, goes_on=lambda: next(answers, False))
    assert counts == {"finished jobs": 4, "failed jobs": 0, "recurring firings": 0}
    left_over = jobs.count()
    assert left_over == 5 * len(FINISHED) - 4
    assert cleanup.prune_by_retention(services) == left_over + 1


@pytest.mark.fault(38)
def test_pruners_at_once_delete_each_job_once(services, on, jobs, at_once):
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(300)])
    jobs.update(status=Status.SUCCESSFUL, finished_at=datetime(2020, 1, 1, tzinfo=UTC))

    def prune():
        return cleanup.prune_jobs(services, Status.SUCCESSFUL, AN_HOUR, batch_size=20)

    assert sum(at_once(prune, prune, prune)) == 300
    assert not jobs.exists()


def test_the_jobs_of_one_task_can_be_pruned_alone(services, ended, jobs):
    for _ in range(5):
        ended(Status.SUCCESSFUL, hours=2)
        ended(Status.SUCCESSFUL, hours=2, task=tasks.per_account, args=("a",))
    ended(Status.SUCCESSFUL, hours=0)
    path = tasks.add.module_path
    batches = []
    retention, narrowing = Retention(finished_jobs=AN_HOUR), Narrowing(task_path=path)
    assert cleanup.count_due(services, retention, narrowing) == 5
    assert cleanup.prune(services, retention, narrowing, 2, batches.append) == {"finished jobs": 5}
    assert batches == [2, 2, 1]
    assert jobs.filter(task_path=path).count() == 1
    assert jobs.exclude(task_path=path).count() == 5


def test_records_of_firings_go_after_a_week_or_as_asked(services, fired):
    rows = RecurringExecution.objects.using(services.database.alias)
    a, b = (hash_key(services.alias, key) for key in "ab")
    for key_hash, hours in ((a, 24 * 8), (a, 24 * 6), (b, 24 * 6)):
        fired(key_hash, hours)
    assert cleanup.prune_by_retention(services) == 1
    retention, narrowing = Retention(firings=AN_HOUR), Narrowing(recurring_key="b")
    assert cleanup.count_due(services, retention, narrowing) == 1
    assert cleanup.prune(services, retention, narrowing) == {"recurring firings": 1}
    assert list(rows.values_list("key_hash", flat=True)) == [a]


def test_what_other_backend_aliases_keep_is_theirs(services, ended, fired, jobs):
    ended(Status.SUCCESSFUL, hours=1000)
    fired("a", hours=1000)
    jobs.update(backend_alias="another")
    rows = RecurringExecution.objects.using(services.database.alias)
    rows.update(backend_alias="another")
    assert cleanup.prune_by_retention(services) == 0
    narrowing = Narrowing(task_path=tasks.add.module_path)
    assert cleanup.prune(services, Retention(finished_jobs=0.0), narrowing) == {"finished jobs": 0}
    assert cleanup.count_due(services, Retention(0.0, 0.0, 0.0)) == 0
