"""The same facts as metrics."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from opentelemetry import metrics
from tasks import fail, work

from dj_queue.contract import JobInfo
from dj_queue.testing import run_jobs
from dj_queue_opentelemetry.instruments import Instruments


def test_enqueues_and_attempts_are_counted_and_measured(points):
    counted = work.using(queue_name="counted")
    counted.get_backend().enqueue_all([(counted, (n,), {}) for n in range(3)])
    fail.using(queue_name="counted").enqueue("why")
    run_jobs(queues="counted")
    sent = {
        point.attributes["dj_queue.task"]: point.value
        for point in points("messaging.client.sent.messages", "counted")
    }
    assert sent == {"tasks.work": 3, "tasks.fail": 1}
    consumed = {
        (point.attributes["dj_queue.outcome"], point.attributes.get("error.type")): point.value
        for point in points("messaging.client.consumed.messages", "counted")
    }
    assert consumed == {
        ("value", None): 3,
        ("error", "builtins.ValueError"): 1,
    }
    assert sum(point.count for point in points("messaging.process.duration", "counted")) == 4
    assert sum(point.count for point in points("dj_queue.job.wait", "counted")) == 4


def test_the_wait_of_a_scheduled_job_begins_when_it_is_due(points):
    now = datetime.now(UTC)
    facts = (uuid4(), "shop.tasks.ship", "due", 0, "default", 1)
    Instruments(metrics.get_meter("tests")).started(
        JobInfo(*facts, now - timedelta(days=30), now - timedelta(hours=2))
    )
    [point] = points("dj_queue.job.wait", "due")
    assert timedelta(hours=2).total_seconds() <= point.sum < timedelta(days=1).total_seconds()
