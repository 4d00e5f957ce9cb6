"""For the SDK: an id generator that is random, but for spans of enqueues.

The only module that needs opentelemetry-sdk. Give it to the provider,
`TracerProvider(id_generator=JobIdGenerator())`, or set OTEL_PYTHON_ID_GENERATOR=dj_queue.
"""

from opentelemetry.sdk.trace.id_generator import RandomIdGenerator

from dj_queue_opentelemetry.job_ids import generators, wanted_now


class JobIdGenerator(RandomIdGenerator):
    """Gives the ids that attempts will link to."""

    def __init__(self) -> None:
        """From now on attempts are linked: nobody makes a generator in vain."""
        super().__init__()
        generators.are_in_use = True

    def generate_trace_id(self) -> int:
        """Of the job that is being enqueued; random otherwise."""
        ids = wanted_now()
        return super().generate_trace_id() if ids is None else ids.trace_id

    def generate_span_id(self) -> int:
        """Of the job that is being enqueued; random otherwise."""
        ids = wanted_now()
        return super().generate_span_id() if ids is None else ids.span_id
