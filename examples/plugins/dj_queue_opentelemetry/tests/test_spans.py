"""A job's spans: who made it, each attempt, and the links between."""

import contextvars
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import entry_points
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, TraceIdRatioBased
from opentelemetry.trace import SpanKind, StatusCode
from tasks import awork, fail, tracer, work

from dj_queue.contract import JobInfo, OutcomeInfo, OutcomeKind
from dj_queue.testing import run_jobs
from dj_queue_opentelemetry import job_ids, plugin
from dj_queue_opentelemetry.attempts import Attempts
from dj_queue_opentelemetry.enqueues import trace_enqueue
from dj_queue_opentelemetry.job_ids import JobIds


def job(queue="there", **facts):
    return JobInfo(uuid4(), "shop.tasks.ship", queue, 0, "default", 1, datetime.now(UTC), **facts)


def ids(context):
    return (context.trace_id, context.span_id)


def test_request_enqueue_and_run_are_three_traces_with_links_between(spans):
    with tracer.start_as_current_span("request") as request:
        result = work.using(queue_name="linked").enqueue(4711)
    run_jobs(queues="linked")
    [enqueue], [run], [requested] = spans("enqueue linked"), spans("run linked"), spans("request")
    assert (enqueue.kind, run.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    assert (enqueue.parent, run.parent) == (None, None)
    assert [ids(link.context) for link in run.links] == [ids(enqueue.context)]
    assert run.links[0].context.is_remote
    assert [ids(link.context) for link in enqueue.links] == [ids(request.get_span_context())]
    assert [ids(link.context) for link in requested.links] == [ids(enqueue.context)]
    assert len({enqueue.context.trace_id, run.context.trace_id, requested.context.trace_id}) == 3
    assert enqueue.attributes["messaging.message.id"] == run.attributes["messaging.message.id"] == result.id
    assert run.attributes["dj_queue.outcome"] == "value"
    assert run.status.status_code is StatusCode.UNSET
    assert run.start_time <= run.end_time


@pytest.mark.parametrize(("task", "args"), [(work, (1,)), (awork, ())])
def test_spans_of_the_task_are_children_of_its_attempt_and_nothing_stays_current(spans, task, args):
    task.using(queue_name="parent").enqueue(*args)
    run_jobs(queues="parent")
    [run], [inside] = spans("run parent"), spans("inside")
    assert ids(inside.parent) == ids(run.context)
    assert trace.get_current_span() is trace.INVALID_SPAN


def test_a_failure_is_an_error_without_its_text(spans):
    fail.using(queue_name="failed").enqueue("pin 4711")
    run_jobs(queues="failed")
    [run] = spans("run failed")
    assert run.attributes["dj_queue.outcome"] == "error"
    assert run.attributes["error.type"] == "builtins.ValueError"
    assert run.status.status_code is StatusCode.ERROR
    assert "4711" not in run.to_json()


def test_every_attempt_links_to_the_one_enqueue(spans):
    first = job("again")
    second = replace(first, attempt=2)
    plugin.dj_queue_job_enqueued([first])
    for attempt, tell, kind in (
        (first, plugin.dj_queue_job_retried, OutcomeKind.RETRY),
        (second, plugin.dj_queue_job_finished, OutcomeKind.VALUE),
    ):
        contextvars.copy_context().run(plugin.dj_queue_job_started, attempt)
        tell([(attempt, OutcomeInfo(kind, 0.5, retry_delay=2.0 if kind is OutcomeKind.RETRY else None))])
    [enqueue], runs = spans("enqueue again"), spans("run again")
    assert [run.attributes["dj_queue.attempt"] for run in runs] == [1, 2]
    assert [run.attributes["dj_queue.outcome"] for run in runs] == ["retry", "value"]
    assert [run.attributes.get("dj_queue.retry_delay") for run in runs] == [2.0, None]
    assert [run.end_time - run.start_time for run in runs] == [500_000_000] * 2
    assert [ids(link.context) for run in runs for link in run.links] == [ids(enqueue.context)] * 2


def test_jobs_of_one_call_have_a_span_each(spans):
    bulk = work.using(queue_name="bulk")
    with tracer.start_as_current_span("request"):
        bulk.get_backend().enqueue_all([(bulk, (n,), {}) for n in range(3)])
    [request] = spans("request")
    assert {ids(link.context) for link in request.links} == {
        ids(span.context) for span in spans("enqueue bulk")
    }
    assert len(request.links) == 3


def test_a_job_that_was_rolled_back_has_no_span(spans):
    with transaction.atomic():
        work.using(queue_name="never").enqueue(1)
        transaction.set_rollback(True)
    assert spans("enqueue never") == []


PRODUCER = """
import sys
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["dj_queue"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}},
    DATABASE_ROUTERS=["dj_queue.routers.DjQueueRouter"],
    TASKS={"default": {"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": []}},
    USE_TZ=True,
)
import django
django.setup()
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from dj_queue_opentelemetry.id_generator import JobIdGenerator
provider, exporter = TracerProvider(id_generator=JobIdGenerator()), InMemorySpanExporter()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
from tasks import work
work.using(queue_name="elsewhere").enqueue(1)
[span] = exporter.get_finished_spans()
print(span.context.trace_id, span.context.span_id)
"""


def test_an_attempt_links_to_the_enqueue_of_another_process(spans):
    database = settings.DATABASES["default"]["NAME"]
    made = subprocess.run(
        [sys.executable, "-c", PRODUCER, database], capture_output=True, text=True, cwd="tests", check=False
    )
    assert made.returncode == 0, made.stderr
    run_jobs(queues="elsewhere")
    [run] = spans("run elsewhere")
    assert [ids(link.context) for link in run.links] == [tuple(map(int, made.stdout.split()))]


def test_an_attempt_that_died_elsewhere_has_a_span_without_duration(spans):
    lost = job("died")
    plugin.dj_queue_job_retried(
        [(lost, OutcomeInfo(OutcomeKind.LOST, None, "dj_queue.exceptions.ProcessExitError"))]
    )
    [run] = spans("run died")
    assert run.start_time == run.end_time
    assert run.attributes["dj_queue.outcome"] == "lost"
    assert ids(run.links[0].context) == (JobIds.of(lost.id).trace_id, JobIds.of(lost.id).span_id)


def test_spans_whose_end_nobody_tells_are_ended_and_do_not_pile_up(spans):
    attempts = Attempts(tracer, most=2)
    for _ in range(3):
        contextvars.copy_context().run(attempts.begin, job("untold"))
    assert len(spans("run untold")) == 1
    attempts.end_all()
    assert len(spans("run untold")) == 3


@pytest.fixture
def without_generator(monkeypatch):
    """A tracer of a project that has not set the id generator, and what it exported."""
    monkeypatch.setattr(job_ids.generators, "are_in_use", False)
    provider, exporter = TracerProvider(), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return provider.get_tracer("tests"), exporter


def test_without_the_generator_the_enqueue_is_a_child_and_no_link_leads_nowhere(without_generator):
    tracer, exporter = without_generator
    facts = job()
    with tracer.start_as_current_span("request") as request:
        trace_enqueue(tracer, [facts])
    attempts = Attempts(tracer)
    attempts.end(facts, OutcomeInfo(OutcomeKind.VALUE, 0.5))
    enqueue, _request, run = exporter.get_finished_spans()
    assert ids(enqueue.parent) == ids(request.get_span_context())
    assert (enqueue.links, run.links) == ((), ())


def test_ids_are_those_of_the_job_and_a_sampler_keeps_its_share_of_them():
    one = uuid4()
    assert JobIds.of(one) == JobIds.of(one) != JobIds.of(uuid4())
    sampler = TraceIdRatioBased(0.5)
    kept = sum(
        sampler.should_sample(None, JobIds.of(uuid4()).trace_id, "enqueue").decision.is_sampled()
        for _ in range(1000)
    )
    assert 350 < kept < 650


def test_spans_that_are_not_sampled_cost_no_export(spans):
    provider, exporter = TracerProvider(sampler=ALWAYS_OFF), InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace_enqueue(provider.get_tracer("tests"), [job()])
    assert exporter.get_finished_spans() == ()


def test_automatic_instrumentation_finds_the_generator_by_its_entry_point():
    [found] = entry_points(group="opentelemetry_id_generator", name="dj_queue")
    assert issubclass(found.load(), IdGenerator)
