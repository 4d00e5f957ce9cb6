"""The hooks: jobs are counted where they are enqueued and run, and any process of a queue can answer a scrape."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from dj_queue.contract import (
    CheckMessage,
    DatabaseInfo,
    Event,
    JobInfo,
    OutcomeInfo,
    OutcomeKind,
    ProcessInfo,
    Sample,
    events,
    hookimpl,
)
from dj_queue_prometheus import configuration, directory, instruments
from dj_queue_prometheus.endpoint import Endpoint
from dj_queue_prometheus.labels import JobLabels

DJ_QUEUE_CONTRACT = (1, 0)

_labels = JobLabels()
_endpoint = Endpoint()


@hookimpl
def dj_queue_job_enqueued(jobs: Sequence[JobInfo]) -> None:
    """Count them, a label at a time: an enqueue may be of thousands."""
    for pair, count in Counter(map(_labels.of, jobs)).items():
        instruments.ENQUEUED.labels(*pair).inc(count)


@hookimpl
def dj_queue_job_started(job: JobInfo) -> None:
    """Measure how long it waited."""
    due = [moment for moment in (job.enqueued_at, job.run_after) if moment is not None]
    if due:
        waited = (datetime.now(UTC) - max(due)).total_seconds()
        # The clock of the machine that enqueued may be ahead of this one's.
        instruments.WAIT.labels(*_labels.of(job)).observe(max(0.0, waited))


@hookimpl
def dj_queue_job_finished(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """Count how they ended."""
    for job, outcome in jobs:
        instruments.FINISHED.labels(*_labels.of(job), outcome.kind.value).inc()
        _count_attempt(job, outcome)


@hookimpl
def dj_queue_job_retried(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """Count those that will run again."""
    for job, outcome in jobs:
        instruments.RETRIED.labels(*_labels.of(job)).inc()
        _count_attempt(job, outcome)


@hookimpl
def dj_queue_event(event: Event) -> None:
    """Count what was too late and what the dead left behind."""
    if event.name == events.FENCED:
        instruments.FENCED.labels(event.backend_alias).inc(event.count)
    elif event.name == events.RECOVER:
        instruments.RECOVERED.labels(event.backend_alias).inc(event.count)


@hookimpl
def dj_queue_error(where: str) -> None:
    """Count it by its place."""
    instruments.ERRORS.labels(where).inc()


@hookimpl
def dj_queue_process_started(process: ProcessInfo, samples: Callable[[], Sequence[Sample]]) -> None:
    """Clean up before the first fork; after it, stand ready to answer scrapes."""
    address = configuration.address()
    if address is None:
        return  # Whoever else answers them looks after the directory.
    if process.kind == "supervisor":
        directory.clean()
        return
    directory.bury_the_killed()
    _endpoint.join(process, samples, address)


@hookimpl
def dj_queue_process_exited(process: ProcessInfo) -> None:
    """Leave the scrapes to others."""
    if _endpoint.leave(process):
        directory.forget_this_process()


@hookimpl
def dj_queue_system_checks(database: DatabaseInfo) -> Sequence[CheckMessage]:
    """Say what is wrong with the environment."""
    return configuration.findings()


def _count_attempt(job: JobInfo, outcome: OutcomeInfo) -> None:
    pair = _labels.of(job)
    if outcome.seconds is not None:
        instruments.RUN.labels(*pair).observe(outcome.seconds)
    if outcome.kind is OutcomeKind.LOST:
        instruments.LOST.labels(*pair).inc()
