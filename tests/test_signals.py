"""Django's task signals: sent once what they tell of is committed, never for what was rolled back."""

import logging
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.tasks import task
from django.tasks.signals import task_enqueued, task_finished, task_started
from django.test import TestCase, override_settings

from dj_queue import api
from dj_queue.backend import DjQueueBackend
from dj_queue.models import Job
from tests.project.tasks import add, fail, singleton, third_time


class SubclassedBackend(DjQueueBackend):
    """What a project makes of the backend."""


@task
def soon_removed():
    return "ran"


@pytest.fixture
def heard():
    """What the three signals sent: (signal, sender, id, status), in order."""
    events = []

    def listen(name):
        def receive(sender, task_result, **kwargs):
            events.append((name, sender, task_result.id, str(task_result.status)))

        return receive

    signals = {"enqueued": task_enqueued, "started": task_started, "finished": task_finished}
    receivers = {name: listen(name) for name in signals}
    for name, signal in signals.items():
        signal.connect(receivers[name])
    yield events
    for name, signal in signals.items():
        signal.disconnect(receivers[name])


@contextmanager
def listening(signal, receiver):
    signal.connect(receiver)
    try:
        yield
    finally:
        signal.disconnect(receiver)


def test_enqueued_is_sent_by_the_backend_class_for_each_job(on, heard):
    results = [on(add).enqueue(1, 1), *on(add).get_backend().enqueue_all([(on(add), (1, 1), {})] * 2)]
    assert heard == [("enqueued", DjQueueBackend, result.id, "READY") for result in results]


def test_enqueued_waits_for_the_commit(on, heard, services):
    with transaction.atomic(using=services.database.alias):
        first = on(add).enqueue(1, 1)
        with transaction.atomic(using=services.database.alias):
            second = on(add).enqueue(1, 1)
        assert heard == []
    assert [event[2] for event in heard] == [first.id, second.id]


def test_enqueued_is_not_sent_for_what_was_rolled_back(on, heard, services):
    alias = services.database.alias
    with pytest.raises(RuntimeError), transaction.atomic(using=alias):
        on(add).enqueue(1, 1)
        raise RuntimeError
    with transaction.atomic(using=alias):
        with pytest.raises(RuntimeError), transaction.atomic(using=alias):
            on(add).enqueue(1, 1)
            raise RuntimeError
        kept = on(add).enqueue(1, 1)
    assert [event[2] for event in heard] == [kept.id]


def test_a_transaction_on_another_database_does_not_hold_the_signal_back(heard):
    others = [alias for alias in settings.DATABASES if alias != "default"]
    if not others:
        pytest.skip("one database only")
    try:
        with transaction.atomic(using=others[0]):
            add.enqueue(1, 1)
            assert [event[0] for event in heard] == ["enqueued"]
    finally:
        Job.objects.all().delete()


def test_a_receiver_that_raises_harms_neither_the_job_nor_other_receivers(
    on, heard, jobs, services, run_jobs
):
    def unlucky(sender, task_result, **kwargs):
        raise RuntimeError("a receiver broke")

    with (
        listening(task_enqueued, unlucky),
        listening(task_started, unlucky),
        listening(task_finished, unlucky),
    ):
        with transaction.atomic(using=services.database.alias):
            result = on(add).enqueue(1, 2)
        run_jobs()
    result.refresh()
    assert result.return_value == 3
    assert [event[0] for event in heard] == ["enqueued", "started", "finished"]


def test_callbacks_of_the_caller_run_though_enqueues_stand_before_them(on, services):
    def unlucky(sender, task_result, **kwargs):
        raise RuntimeError("a receiver broke")

    called = []
    with listening(task_enqueued, unlucky), transaction.atomic(using=services.database.alias):
        on(add).enqueue(1, 1)
        transaction.on_commit(lambda: called.append("mine"), using=services.database.alias)
    assert called == ["mine"]


def test_an_attempt_is_told_from_start_to_finish(on, heard, run_jobs):
    result = on(add).enqueue(1, 1)
    run_jobs()
    assert heard == [
        ("enqueued", DjQueueBackend, result.id, "READY"),
        ("started", DjQueueBackend, result.id, "RUNNING"),
        ("finished", DjQueueBackend, result.id, "SUCCESSFUL"),
    ]


def test_finished_carries_all_that_is_known(on, run_jobs):
    told = []

    def receive(sender, task_result, **kwargs):
        told.append(task_result)

    with listening(task_finished, receive):
        good, bad = on(add).enqueue(1, 2), on(fail).enqueue("no")
        run_jobs()
    by_id = {result.id: result for result in told}
    assert by_id[good.id].return_value == 3
    assert by_id[bad.id].errors[0].exception_class is ValueError
    for result in (good, bad):
        result.refresh()
        known = by_id[result.id]
        assert (known.status, known.worker_ids) == (result.status, result.worker_ids)
        assert (known.started_at, known.finished_at) == (result.started_at, result.finished_at)


def test_a_job_that_is_tried_again_finishes_once(on, heard, services, jobs, run_jobs):
    from dj_queue.operations.promote import promote_due

    result = on(third_time).enqueue()
    for _ in range(3):
        run_jobs()
        jobs.filter(status="scheduled").update(run_after=services.dialect.now() - timedelta(seconds=1))
        promote_due(services, 10)
    told = [event[0] for event in heard if event[2] == result.id]
    assert told == ["enqueued", "started", "started", "started", "finished"]


def test_a_job_whose_task_is_gone_finishes_as_failed(on, heard, jobs, run_jobs):
    result = on(soon_removed).enqueue()
    jobs.filter(id=result.id).update(task_path="tests.project.tasks.removed")
    run_jobs()
    assert [event[0] for event in heard] == ["enqueued", "finished"]
    assert heard[-1][3] == "FAILED"


def test_inside_a_transaction_the_end_is_told_at_its_commit(on, heard, services, backend_alias):
    result = on(add).enqueue(1, 1)
    with transaction.atomic(using=services.database.alias):
        (claimed,) = api.claim_ready_jobs(limit=1, backend_alias=backend_alias)
        api.execute_claimed_job(claimed, backend_alias=backend_alias)
        assert "finished" not in [event[0] for event in heard]
    assert heard[-1] == ("finished", DjQueueBackend, result.id, "SUCCESSFUL")


def test_djangos_own_log_has_the_exception(on, run_jobs, caplog):
    with caplog.at_level(logging.DEBUG, "django.tasks"):
        on(fail).enqueue("the reason")
        on(add).enqueue(1, 1)
        run_jobs()
    failed = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [record.exc_info[0] for record in failed] == [ValueError]
    finished = [record.getMessage() for record in caplog.records if "state=SUCCESSFUL" in record.getMessage()]
    assert len(finished) == 1


def test_a_job_discarded_at_its_enqueue_says_so_in_the_signal(on, heard):
    on(singleton).enqueue()
    on(singleton).enqueue()
    assert [event[3] for event in heard] == ["READY", "FAILED"]


def test_the_sender_is_the_class_that_tasks_names(heard, backend_alias, run_jobs):
    path = f"{SubclassedBackend.__module__}.SubclassedBackend"
    entry = {**settings.TASKS[backend_alias], "BACKEND": path}
    with override_settings(TASKS={**settings.TASKS, backend_alias: entry}):
        add.using(backend=backend_alias).enqueue(1, 1)
        run_jobs()
    assert {event[1] for event in heard} == {SubclassedBackend}


class InDjangosTestCase(TestCase):
    """What a project's own tests do: all in a transaction that never commits."""

    def test_signals_come_with_the_captured_commits(self):
        told = []

        def receive(sender, task_result, **kwargs):
            told.append(str(task_result.status))

        with listening(task_enqueued, receive), listening(task_finished, receive):
            with self.captureOnCommitCallbacks(execute=True):
                add.enqueue(1, 2)
                assert told == []
            assert told == ["READY"]
            with self.captureOnCommitCallbacks(execute=True):
                (claimed,) = api.claim_ready_jobs(limit=1)
                assert api.execute_claimed_job(claimed).return_value == 3
            assert told == ["READY", "SUCCESSFUL"]
