"""The hooks: spans and metrics of enqueues and attempts, and a flush before a process ends."""

import os
from collections.abc import Sequence
from uuid import UUID

from opentelemetry import metrics, trace

from dj_queue.contract import JobInfo, OutcomeInfo, ProcessInfo, hookimpl
from dj_queue_opentelemetry.attempts import Attempts
from dj_queue_opentelemetry.enqueues import trace_enqueue
from dj_queue_opentelemetry.instruments import Instruments

DJ_QUEUE_CONTRACT = (1, 0)

NAME = "dj_queue_opentelemetry"
FLUSH = 5000
"""Milliseconds that a flush may take at the end of a process."""

# Both stand in for the real ones until the project has set its providers.
_tracer = trace.get_tracer(NAME)
_instruments = Instruments(metrics.get_meter(NAME))
_attempts = Attempts(_tracer)

_workers: set[UUID] = set()
"""The workers of this process: several in async mode."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_attempts.forget)


@hookimpl
def dj_queue_job_enqueued(jobs: Sequence[JobInfo]) -> None:
    """A span for each, and their count."""
    trace_enqueue(_tracer, jobs)
    _instruments.enqueued(jobs)


@hookimpl
def dj_queue_job_started(job: JobInfo) -> None:
    """A span that the task's own spans are children of."""
    _attempts.begin(job)
    _instruments.started(job)


@hookimpl
def dj_queue_job_finished(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """Their spans end."""
    for job, outcome in jobs:
        _attempts.end(job, outcome)
        _instruments.ended(job, outcome)


@hookimpl
def dj_queue_job_retried(jobs: Sequence[tuple[JobInfo, OutcomeInfo]]) -> None:
    """The spans of these attempts end; the next ones get their own."""
    dj_queue_job_finished(jobs)


@hookimpl
def dj_queue_process_started(process: ProcessInfo) -> None:
    """Know the workers whose attempts end with them."""
    if process.kind == "worker":
        _workers.add(process.id)


@hookimpl
def dj_queue_process_exited(process: ProcessInfo) -> None:
    """Send what is left: processes of fork mode end without Python's own exit, in which the SDK would."""
    _workers.discard(process.id)
    if not _workers:
        _attempts.end_all()
    for provider in (trace.get_tracer_provider(), metrics.get_meter_provider()):
        flush = getattr(provider, "force_flush", None)
        if flush is not None:
            flush(FLUSH)
