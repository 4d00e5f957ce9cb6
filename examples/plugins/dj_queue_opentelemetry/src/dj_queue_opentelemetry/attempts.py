"""The consumer's side: a span for each attempt, current while the task runs, ended once its outcome is recorded."""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from uuid import UUID

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer

from dj_queue.contract import JobInfo, OutcomeInfo
from dj_queue_opentelemetry import attributes
from dj_queue_opentelemetry.job_ids import JobIds, generators
from dj_queue_opentelemetry.moments import NANOSECONDS

MOST = 10_000
"""Open spans a process keeps: of an attempt whose outcome came too late nobody is told the end."""

type Attempt = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class Begun:
    """A span and when it began (nanoseconds since 1970)."""

    span: Span
    at: int


class Attempts:
    """The spans of the attempts that run in this process."""

    def __init__(self, tracer: Tracer, most: int = MOST) -> None:
        """Keep at most so many open."""
        self._tracer = tracer
        self._most = most
        self._begun: OrderedDict[Attempt, Begun] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, job: JobInfo) -> None:
        """Start the attempt's span and make it current in this context, which the runtime leaves with the attempt."""
        begun = self._start(job, time.time_ns())
        context.attach(trace.set_span_in_context(begun.span))
        with self._lock:
            self._begun[job.id, job.attempt] = begun
            stale = self._begun.popitem(last=False)[1] if len(self._begun) > self._most else None
        if stale is not None:
            stale.span.end()

    def end(self, job: JobInfo, outcome: OutcomeInfo) -> None:
        """End the attempt's span; one that died in another process gets a span without duration here."""
        with self._lock:
            begun = self._begun.pop((job.id, job.attempt), None)
        if begun is None:
            begun = self._start(job, time.time_ns())
        _say_how_it_ended(begun.span, outcome)
        begun.span.end(begun.at + round((outcome.seconds or 0.0) * NANOSECONDS))

    def end_all(self) -> None:
        """End what is left: attempts that were fenced, or interrupted by the stop."""
        with self._lock:
            left, self._begun = list(self._begun.values()), OrderedDict()
        for begun in left:
            begun.span.end()

    def forget(self) -> None:
        """After a fork: these are another process's."""
        self._begun, self._lock = OrderedDict(), threading.Lock()

    def _start(self, job: JobInfo, now: int) -> Begun:
        links = [Link(JobIds.of(job.id).span_context())] if generators.are_in_use else []
        span = self._tracer.start_span(
            f"run {job.queue_name}",
            context=Context(),
            kind=SpanKind.CONSUMER,
            attributes=attributes.of_attempt(job),
            links=links,
            start_time=now,
        )
        return Begun(span, now)


def _say_how_it_ended(span: Span, outcome: OutcomeInfo) -> None:
    span.set_attribute(attributes.OUTCOME, outcome.kind.value)
    if outcome.error_class is not None:
        span.set_attribute(attributes.ERROR_TYPE, outcome.error_class)
        span.set_status(Status(StatusCode.ERROR))
    if outcome.retry_delay:
        span.set_attribute(attributes.RETRY_DELAY, outcome.retry_delay)
