"""Metrics: gauges of one backend alias, at a cost that does not grow with its jobs."""

from datetime import timedelta

from dj_queue.models import Process
from dj_queue.operations import metrics, queues
from tests.project import tasks


def samples(services, name):
    found = [sample for sample in metrics.collect(services) if sample.name == name]
    return {tuple(sorted(sample.labels.items())): sample.value for sample in found}


def test_unfinished_jobs_are_counted_by_queue_and_state(services, on, take, jobs):
    for number in range(3):
        on(tasks.add, queue_name="mail").enqueue(number, 0)
    on(tasks.add).enqueue(1, 1)
    take("mail", limit=1)
    jobs.filter(queue_name="default").update(status="successful")
    base = (("backend", services.alias), ("queue", "mail"))
    assert samples(services, "dj_queue_queue_jobs") == {
        (*base, ("state", "claimed")): 1,
        (*base, ("state", "ready")): 2,
    }


def test_latency_and_pauses_are_told_for_every_queue(services, on):
    for name in ("a", "b"):
        on(tasks.add, queue_name=name).enqueue(1, 1)
    queues.pause(services, "b")
    paused = samples(services, "dj_queue_queue_paused")
    assert {labels[-1][1]: value for labels, value in paused.items()} == {"a": 0.0, "b": 1.0}
    (labels,) = samples(services, "dj_queue_queue_latency_seconds")
    assert labels == (("backend", services.alias), ("queue", "a"))


def test_processes_are_counted_by_kind(services, register):
    for kind in ("worker", "worker", "scheduler"):
        register(kind)
    counts = samples(services, "dj_queue_runner_processes_by_kind")
    assert {labels[-1][1]: value for labels, value in counts.items()} == {"worker": 2, "scheduler": 1}


def test_processes_that_fell_silent_are_not_counted(services, register):
    register("worker")
    rows = Process.objects.using(services.database.alias)
    rows.update(last_heartbeat_at=services.dialect.now() - timedelta(hours=1))
    assert not samples(services, "dj_queue_runner_processes_by_kind")


def test_another_alias_is_not_counted(services, on, register, jobs):
    on(tasks.add).enqueue(1, 1)
    jobs.update(backend_alias="another")
    assert metrics.collect(services) == []


def test_a_scrape_costs_the_same_however_many_jobs_there_are(services, on, statements):
    on(tasks.add).enqueue(1, 1)
    with statements() as few:
        metrics.collect(services)
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(300)])
    with statements() as many:
        metrics.collect(services)
    assert len(many) == len(few)
