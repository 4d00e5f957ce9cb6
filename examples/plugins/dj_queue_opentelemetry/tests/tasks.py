"""Tasks that have spans of their own."""

from django.tasks import task
from opentelemetry import trace

tracer = trace.get_tracer("tests")


@task
def work(pin):
    with tracer.start_as_current_span("inside"):
        return pin


@task
async def awork():
    with tracer.start_as_current_span("inside"):
        return 1


@task
def fail(secret):
    raise ValueError(secret)
