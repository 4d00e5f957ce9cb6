"""The ids of the span that made a job, told from the job's own id: so both ends know them and nothing is carried.

A job's row has no room for a trace context. The id of a job is random and known to both ends before anything else, so
the span of its enqueue is given ids that are a hash of it, and every attempt can name that span. Spans get chosen ids
through the SDK's id generator alone, see `dj_queue_opentelemetry.id_generator`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import blake2b
from uuid import UUID

from opentelemetry.trace import SpanContext

TRACE_ID_BYTES = 16
SPAN_ID_BYTES = 8

_wanted: ContextVar["JobIds | None"] = ContextVar("dj_queue_opentelemetry_ids", default=None)


@dataclass(frozen=True, slots=True)
class JobIds:
    """Trace and span of one job's enqueue."""

    trace_id: int
    span_id: int

    @classmethod
    def of(cls, job_id: UUID) -> "JobIds":
        """A hash of the id, not the id: samplers need every bit to be random, and a UUID has fixed ones."""
        digest = blake2b(
            job_id.bytes, digest_size=TRACE_ID_BYTES + SPAN_ID_BYTES, person=b"dj_queue"
        ).digest()
        trace_id, span_id = digest[:TRACE_ID_BYTES], digest[TRACE_ID_BYTES:]
        return cls(int.from_bytes(trace_id) or 1, int.from_bytes(span_id) or 1)

    def span_context(self) -> SpanContext:
        """The span as another process may link to it; whether it was sampled is not known there."""
        return SpanContext(self.trace_id, self.span_id, is_remote=True)


class Generators:
    """Whether an id generator that gives these ids is in use in this process."""

    def __init__(self) -> None:
        """None is."""
        self.are_in_use = False


generators = Generators()


@contextmanager
def wanted(ids: JobIds) -> Iterator[None]:
    """Have the next root span of this context get these ids, where the generator is in use."""
    token = _wanted.set(ids)
    try:
        yield
    finally:
        _wanted.reset(token)


def wanted_now() -> JobIds | None:
    """What the span that is being made in this context should get."""
    return _wanted.get()
