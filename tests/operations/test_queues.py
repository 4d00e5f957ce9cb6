"""Queues: paused, resumed, cleared and measured."""

from datetime import timedelta

import pytest
from django.db import transaction

from dj_queue.contract import Status
from dj_queue.models import Pause
from dj_queue.operations import queues
from dj_queue.operations.finish import finish
from tests.operations.outcomes import success
from tests.project import tasks


def test_a_queue_is_paused_once_and_resumed_once(services, on, take, heard):
    result = on(tasks.add, queue_name="mail").enqueue(1, 1)
    heard.announced.clear()
    assert [queues.pause(services, "mail") for _ in range(2)] == [True, False]
    assert queues.is_paused(services, "mail")
    assert not queues.is_paused(services, "Mail")
    assert take() == []
    assert heard.announced == []
    assert [queues.resume(services, "mail") for _ in range(2)] == [True, False]
    assert heard.announced[0] == ["mail"]
    assert [str(job.id) for job in take()] == [result.id]


def test_pausing_at_once_from_many_places_makes_one_pause(services, at_once):
    assert sorted(at_once(*[lambda: queues.pause(services, "mail")] * 4)) == [False, False, False, True]
    assert Pause.objects.using(services.database.alias).count() == 1


def test_a_pause_leaves_the_callers_transaction_usable(services):
    alias = services.database.alias
    queues.pause(services, "mail")
    with transaction.atomic(using=alias):
        assert queues.pause(services, "mail") is False
        assert queues.pause(services, "other") is True
    assert queues.is_paused(services, "other")


def test_resuming_inside_a_transaction_wakes_workers_after_its_commit(services, heard):
    queues.pause(services, "mail")
    with transaction.atomic(using=services.database.alias):
        queues.resume(services, "mail")
        assert heard.announced == []
    assert heard.announced == [["mail"]]


@pytest.mark.parametrize("name", ["", "mail*", "x" * 129, " mail", "a\0b"])
def test_what_cannot_name_a_queue_cannot_be_paused(services, name):
    with pytest.raises(ValueError, match="queue name"):
        queues.pause(services, name)


def test_nobody_waits_for_a_pause_that_is_not_committed(services, on, take, at_once):
    if services.database.vendor == "sqlite":
        pytest.skip("a file has one writer at a time")
    with transaction.atomic(using=services.database.alias):
        queues.pause(services, "mail")
        (result,) = at_once(lambda: on(tasks.add, queue_name="mail").enqueue(1, 1))
        ((job,),) = at_once(take)
    assert str(job.id) == result.id


def test_clearing_discards_ready_jobs_of_the_queue_alone(services, on, take, jobs):
    results = [on(tasks.add, queue_name="mail").enqueue(n, n) for n in range(5)]
    (running,) = take(limit=1)
    later = on(tasks.add, queue_name="mail", run_after=services.dialect.now() + timedelta(hours=1))
    later.enqueue(1, 1)
    other = on(tasks.add, queue_name="Mail").enqueue(1, 1)
    assert queues.clear(services, "mail", batch_size=2) == 4
    assert queues.clear(services, "mail") == 0
    assert jobs.filter(status=Status.DISCARDED).count() == 4
    assert jobs.get(id=other.id).status == Status.READY
    assert finish(services, [success(running)]).recorded == {running.id}
    results[1].refresh()
    assert results[1].errors[0].exception_class_path == "dj_queue.exceptions.JobDiscarded"


def test_size_counts_ready_jobs(services, on, take):
    for number in range(3):
        on(tasks.add, queue_name="mail").enqueue(number, 0)
    take("mail", limit=1)
    on(tasks.add).enqueue(1, 1)
    assert (queues.size(services, "mail"), queues.size(services, "none")) == (2, 0)


def test_latency_is_the_wait_of_the_oldest_ready_job_of_any_priority(services, on, jobs):
    now = services.dialect.now()
    assert queues.latency(services, "mail") == 0.0
    for priority, minutes in ((5, 1), (0, 10), (-5, 3)):
        result = on(tasks.add, queue_name="mail", priority=priority).enqueue(1, 1)
        jobs.filter(id=result.id).update(enqueued_at=now - timedelta(minutes=minutes))
    assert 600 <= queues.latency(services, "mail") < 660
    queues.pause(services, "mail")
    assert queues.latency(services, "mail") is None


def test_latency_of_a_deferred_job_counts_from_its_due_time(services, on, jobs):
    now = services.dialect.now()
    on(tasks.add, queue_name="mail").enqueue(1, 1)
    jobs.update(enqueued_at=now - timedelta(days=1), run_after=now - timedelta(minutes=1))
    assert 60 <= queues.latency(services, "mail") < 120


def test_names_are_those_with_unfinished_jobs_or_a_pause(services, on, take, jobs):
    for name in ("b", "a", "Ä", "done"):
        on(tasks.add, queue_name=name).enqueue(1, 1)
    finish(services, [success(job) for job in take("done")])
    queues.pause(services, "paused")
    assert queues.names(services) == ["a", "b", "paused", "Ä"]
    jobs.update(backend_alias="another")
    assert queues.names(services) == ["paused"]


def test_every_latency_is_known_at_once(services, on, statements):
    for number in range(6):
        on(tasks.add, queue_name=f"q{number}").enqueue(1, 1)
    queues.pause(services, "q3")
    with statements() as seen:
        latencies = queues.latencies(services)
    assert [name for name, latency in latencies.items() if latency is None] == ["q3"]
    assert list(latencies) == [f"q{number}" for number in range(6)]
    assert len(seen) <= 6 + 2 * 5
