"""The example plugins for Prometheus and OpenTelemetry, installed from wheels, with a project's real processes."""

import json
import subprocess
from collections import Counter
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.examples.plugins.conftest import PLUGINS
from tests.ports import number_of, reserved_port

GOOD_TIME = 120
JOBS = 40
SETTINGS = """
INSTALLED_APPS = ["dj_queue", "jobs"]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "queue.sqlite3",
        "OPTIONS": {
            "timeout": 60,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
USE_TZ = True
TASKS = {
    "default": {
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "QUEUES": [],
        "OPTIONS": {
            "workers": [{"queues": "one", "threads": 2}, {"queues": "two", "threads": 2}],
            "dispatchers": [{"polling_interval": 0.1}],
        },
    }
}
"""


NAMES = ("dj_queue_prometheus", "dj_queue_opentelemetry")
each_plugin = pytest.mark.parametrize("name", NAMES)


@each_plugin
def test_its_own_tests_pass_where_it_is_installed(installed, outside, name, tmp_path):
    command = [installed(name), "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=PLUGINS / name, env=outside, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


COUNTED = """
import os
import signal

from django.tasks import task


@task
def add(a, b):
    return a + b


@task
def fail():
    raise ValueError


@task(queue_name="one")
def die_once(path):
    if not os.path.exists(path):
        open(path, "x").close()
        os.kill(os.getpid(), signal.SIGKILL)
"""
ENQUEUE = """
import sys
import django
django.setup()
import jobs

for queue in ("one", "two"):
    task = jobs.add.using(queue_name=queue)
    task.get_backend().enqueue_all([(task, (n, n), {}) for n in range(int(sys.argv[1]))])
    jobs.fail.using(queue_name=queue).enqueue()
"""


class Scrapes:
    """Reads the endpoint of a project."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/metrics"

    def read(self):
        """The samples of one scrape by name and labels; none while nobody answers."""
        try:
            with urlopen(self.url, timeout=GOOD_TIME) as answer:
                text = answer.read().decode()
        except (URLError, ConnectionError):
            return {}
        return {
            (sample.name, *sorted(sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }


@pytest.fixture
def port():
    """A port that nobody else is given."""
    with reserved_port() as keeper:
        yield number_of(keeper)


@pytest.fixture
def shop(installed, project, port, tmp_path):
    """A project with the Prometheus plugin."""
    shop = project(installed("dj_queue_prometheus"), SETTINGS, jobs=COUNTED)
    shop.environment.update(
        PROMETHEUS_MULTIPROC_DIR=str(tmp_path / "counts"), DJ_QUEUE_PROMETHEUS_ADDRESS=str(port)
    )
    return shop


def wanted_of_the_dead():
    """What is counted of a job that kills its first worker."""
    labels = ("jobs.die_once", "one")
    return {
        ("dj_queue_jobs_enqueued_total", *labels): 1,
        ("dj_queue_attempts_lost_total", *labels): 1,
        ("dj_queue_jobs_retried_total", *labels): 1,
        ("dj_queue_jobs_finished_total", *labels, "value"): 1,
        ("dj_queue_job_wait_seconds_count", *labels): 2,
        ("dj_queue_job_run_seconds_count", *labels): 1,
        ("dj_queue_jobs_recovered_total", "default"): 1,
    }


def wanted_of(queue):
    """What is counted of the jobs of a queue."""
    return {
        ("dj_queue_jobs_enqueued_total", "jobs.add", queue): JOBS,
        ("dj_queue_jobs_finished_total", "jobs.add", queue, "value"): JOBS,
        ("dj_queue_jobs_finished_total", "error", "jobs.fail", queue): 1,
        ("dj_queue_job_wait_seconds_count", "jobs.add", queue): JOBS,
        ("dj_queue_job_run_seconds_count", "jobs.add", queue): JOBS,
    }


def test_a_scrape_sums_the_processes_of_a_queue_the_dead_among_them(shop, port, wait_until, tmp_path):
    scrapes = Scrapes(port)

    def until(wanted):
        try:
            wait_until(lambda: wanted.items() <= scrapes.read().items(), GOOD_TIME)
        except pytest.fail.Exception:
            read = scrapes.read()
            assert {sample: read.get(sample) for sample in wanted} == wanted, shop.log.read_text()
            raise

    shop.start_queue("--mode", "fork")
    wait_until(scrapes.read, GOOD_TIME)
    shop.run("-c", "import django; django.setup(); import jobs; jobs.die_once.enqueue('died')")
    gauges = {
        ("dj_queue_samples_readable", "default"): 1,
        ("dj_queue_runner_processes_by_kind", "default", "worker"): 2,
    }
    until({**wanted_of_the_dead(), **gauges})
    shop.run("-c", ENQUEUE, str(JOBS))
    until({**wanted_of_the_dead(), **wanted_of("one"), **wanted_of("two"), **gauges})
    pids = {path.stem.rpartition("_")[2] for path in (tmp_path / "counts").glob("histogram_*.db")}
    assert len(pids) == 3  # both workers, and the one that was killed
    shop.stop()
    assert scrapes.read() == {}


TRACED = """
import json
import os

from django.tasks import task
from opentelemetry import trace

from dj_queue.hooks import on_worker_start
from dj_queue.task_options import retry


@on_worker_start
def configure(process=None):
    from dj_queue_opentelemetry.id_generator import JobIdGenerator
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

    class Written(SpanExporter):
        def export(self, spans):
            with open(f"spans-{os.getpid()}", "a") as file:
                for span in spans:
                    links = [[link.context.trace_id, link.context.span_id] for link in span.links]
                    parent = None if span.parent is None else span.parent.span_id
                    here = [span.context.trace_id, span.context.span_id]
                    file.write(json.dumps([span.name, here, parent, links]) + chr(10))
            return SpanExportResult.SUCCESS

    provider = TracerProvider(id_generator=JobIdGenerator())
    # An hour: what is written was flushed.
    provider.add_span_processor(BatchSpanProcessor(Written(), schedule_delay_millis=3_600_000))
    trace.set_tracer_provider(provider)


@task
def work():
    with trace.get_tracer("shop").start_as_current_span("inside"):
        return 1


@task
async def awork():
    with trace.get_tracer("shop").start_as_current_span("inside"):
        return 1


@retry(max_attempts=2, backoff=0)
@task
def fail():
    raise ValueError
"""
REQUEST = """
import django
django.setup()
import jobs
from opentelemetry import trace

jobs.configure()
with trace.get_tracer("shop").start_as_current_span("request"):
    for queue in ("one", "two"):
        jobs.work.using(queue_name=queue).enqueue()
        jobs.awork.using(queue_name=queue).enqueue()
        jobs.fail.using(queue_name=queue).enqueue()
trace.get_tracer_provider().force_flush()
"""
DONE = """
import django
django.setup()
from dj_queue.models import Job
print(Job.objects.exclude(finished_at=None).count())
"""


def test_attempts_of_forked_workers_link_to_the_enqueue_of_another_process(
    installed, project, wait_until, tmp_path
):
    shop = project(installed("dj_queue_opentelemetry"), SETTINGS, jobs=TRACED)
    shop.start_queue("--mode", "fork")
    shop.run("-c", REQUEST)
    wait_until(lambda: shop.run("-c", DONE).split() == ["6"], GOOD_TIME)
    shop.stop()
    spans = [json.loads(line) for path in tmp_path.glob("spans-*") for line in path.read_text().splitlines()]

    def of(name):
        return [facts for first, *facts in spans if first == name]

    [[request, _parent, to_jobs]] = of("request")
    enqueues = {queue: of(f"enqueue {queue}") for queue in ("one", "two")}
    made = [here for queue in enqueues.values() for here, _, _ in queue]
    assert sorted(to_jobs) == sorted(made)
    assert all(links == [request] for queue in enqueues.values() for _, _, links in queue)
    for queue, enqueued in enqueues.items():
        attempts = Counter(tuple(link) for _, _, [link] in of(f"run {queue}"))
        # Of the three jobs one failed and had a second attempt.
        assert sorted(attempts.values()) == [1, 1, 2]
        assert attempts.keys() == {tuple(here) for here, _, _ in enqueued}
    runs = {here[1] for queue in enqueues for here, _, _ in of(f"run {queue}")}
    inside = [parent for _, parent, _ in of("inside")]
    assert len(set(inside)) == len(inside) == 4
    assert runs.issuperset(inside)
