"""The producer's side: a span for each job, from its enqueue to the commit."""

import time
from collections.abc import Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Tracer

from dj_queue.contract import JobInfo
from dj_queue_opentelemetry import attributes
from dj_queue_opentelemetry.job_ids import JobIds, generators, wanted
from dj_queue_opentelemetry.moments import nanoseconds


def trace_enqueue(tracer: Tracer, jobs: Sequence[JobInfo]) -> None:
    """Tell that these jobs were enqueued by whatever the current span does.

    Where attempts can find it, each job's span is the root of a trace of its own, linked with the current span both ways;
    else it is a child of the current span, and nobody's link leads to it.
    """
    current = trace.get_current_span()
    for job in jobs:
        span = _linked(tracer, job, current) if generators.are_in_use else _child(tracer, job)
        span.end(time.time_ns())


def _linked(tracer: Tracer, job: JobInfo, current: Span) -> Span:
    enqueuer = current.get_span_context()
    links = [Link(enqueuer)] if enqueuer.is_valid else []
    with wanted(JobIds.of(job.id)):
        span = _start(tracer, job, Context(), links)
    if current.is_recording():
        current.add_link(span.get_span_context(), {attributes.MESSAGE_ID: str(job.id)})
    return span


def _child(tracer: Tracer, job: JobInfo) -> Span:
    return _start(tracer, job, None, [])


def _start(tracer: Tracer, job: JobInfo, context: Context | None, links: Sequence[Link]) -> Span:
    return tracer.start_span(
        f"enqueue {job.queue_name}",
        context=context,
        kind=SpanKind.PRODUCER,
        attributes=attributes.of_enqueue(job),
        links=links,
        start_time=nanoseconds(job.enqueued_at),
    )
