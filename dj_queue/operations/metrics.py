"""Metrics of one backend alias at the time of asking: the core's gauges, then the plugins' samples."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import Count

from dj_queue.contract import Sample
from dj_queue.models import Job, Process
from dj_queue.operations import queues
from dj_queue.services import Services


def collect(services: Services) -> list[Sample]:
    """Every sample; a plugin that fails is noted and left out."""
    samples = [*_jobs(services), *_queues(services), *_processes(services)]
    for answer in services.host.collect("dj_queue_metrics", alias=services.alias):
        samples += answer.value
    return samples


def _jobs(services: Services) -> Iterator[Sample]:
    jobs = Job.objects.using(services.database.alias).filter(backend_alias=services.alias)
    for status in queues.UNFINISHED:
        # One by one, and counting rows, not ids: each status is then read from an index alone.
        rows = jobs.filter(status=status).order_by().values_list("queue_name").annotate(count=Count("*"))
        for queue_name, count in rows:
            labels = {"backend": services.alias, "queue": queue_name, "state": status.value}
            yield Sample("dj_queue_queue_jobs", count, "Unfinished jobs.", labels=labels)


def _queues(services: Services) -> Iterator[Sample]:
    for name, latency in queues.latencies(services).items():
        labels = {"backend": services.alias, "queue": name}
        yield Sample("dj_queue_queue_paused", float(latency is None), "1 while paused.", labels=labels)
        if latency is not None:
            text = "Seconds that the oldest ready job has waited."
            yield Sample("dj_queue_queue_latency_seconds", latency, text, labels=labels)


def _processes(services: Services) -> Iterator[Sample]:
    heard_since = services.dialect.now() - timedelta(seconds=services.options.process_alive_threshold)
    rows = Process.objects.using(services.database.alias).filter(
        backend_alias=services.alias, last_heartbeat_at__gte=heard_since
    )
    for kind, count in rows.order_by().values_list("kind").annotate(count=Count("id")):
        labels = {"backend": services.alias, "kind": kind}
        yield Sample("dj_queue_runner_processes_by_kind", count, "Live processes.", labels=labels)
