"""A project with this plugin installed and the SDK set up; what it exports is kept in memory."""

import tempfile

import pytest

FOLDER = tempfile.TemporaryDirectory(prefix="dj_queue_opentelemetry-", ignore_cleanup_errors=True)

from django.conf import settings

settings.configure(
    INSTALLED_APPS=["dj_queue"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{FOLDER.name}/queue.sqlite3"}},
    DATABASE_ROUTERS=["dj_queue.routers.DjQueueRouter"],
    TASKS={"default": {"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": []}},
    USE_TZ=True,
)

import django

django.setup()

from django.core.management import call_command
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from dj_queue_opentelemetry.id_generator import JobIdGenerator

exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
provider = TracerProvider(id_generator=JobIdGenerator())
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
metrics.set_meter_provider(MeterProvider([reader]))


@pytest.fixture(scope="session", autouse=True)
def _tables():
    call_command("migrate", verbosity=0)
    yield
    FOLDER.cleanup()


@pytest.fixture
def spans():
    """`spans(name)` are the ended spans of that name, in the order of their start."""
    exporter.clear()

    def ended(name):
        found = [span for span in exporter.get_finished_spans() if span.name == name]
        return sorted(found, key=lambda span: span.start_time)

    return ended


@pytest.fixture
def points():
    """`points(metric, queue)` are its data points for that queue."""

    def read(name, queue):
        return [
            point
            for resource in reader.get_metrics_data().resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
            if point.attributes.get("messaging.destination.name") == queue
        ]

    return read
