"""What jobs do is counted, by task and queue."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from tasks import add, fail

from dj_queue.contract import Event, JobInfo, OutcomeInfo, OutcomeKind, events
from dj_queue.testing import run_jobs
from dj_queue_prometheus import plugin
from dj_queue_prometheus.labels import OTHER, JobLabels


def job(queue="there", **facts):
    return JobInfo(uuid4(), "shop.tasks.ship", queue, 0, "default", 1, **facts)


def test_jobs_are_counted_when_enqueued_and_when_they_end(scrape):
    add.using(queue_name="counted").get_backend().enqueue_all(
        [(add.using(queue_name="counted"), (n, n), {}) for n in range(3)]
    )
    fail.using(queue_name="counted").enqueue()
    run_jobs(queues="counted")
    seen = scrape()
    labels = {"task": "tasks.add", "queue": "counted"}
    assert seen("dj_queue_jobs_enqueued_total", **labels) == 3
    assert seen("dj_queue_jobs_finished_total", **labels, outcome="value") == 3
    assert seen("dj_queue_jobs_finished_total", task="tasks.fail", queue="counted", outcome="error") == 1
    for name in ("wait", "run"):
        assert seen(f"dj_queue_job_{name}_seconds_count", **labels) == 3
        assert seen(f"dj_queue_job_{name}_seconds_bucket", **labels, le="+Inf") == 3


def test_an_attempt_that_is_followed_by_another_counts_as_a_retry(scrape):
    plugin.dj_queue_job_retried(
        [(job("again"), OutcomeInfo(OutcomeKind.RETRY, 0.5, "builtins.ValueError", 2.0))]
    )
    plugin.dj_queue_job_finished([(job("again"), OutcomeInfo(OutcomeKind.ERROR, 0.5, "builtins.ValueError"))])
    seen = scrape()
    labels = {"task": "shop.tasks.ship", "queue": "again"}
    assert seen("dj_queue_jobs_retried_total", **labels) == 1
    assert seen("dj_queue_jobs_finished_total", **labels, outcome="error") == 1
    assert seen("dj_queue_job_run_seconds_count", **labels) == 2
    assert seen("dj_queue_job_run_seconds_sum", **labels) == 1
    assert seen("dj_queue_attempts_lost_total", **labels) is None


def test_neither_arguments_nor_ids_are_shown(scrape):
    result = add.using(queue_name="secret").enqueue("pin-4711", "pin-4712")
    run_jobs(queues="secret")
    shown = repr(scrape().values)
    assert "secret" in shown
    assert "pin-471" not in shown
    assert result.id not in shown


def test_the_wait_of_a_scheduled_job_begins_when_it_is_due(scrape):
    now = datetime.now(UTC)
    waited = job("due", enqueued_at=now - timedelta(days=30), run_after=now - timedelta(hours=2))
    plugin.dj_queue_job_started(waited)
    seconds = scrape()("dj_queue_job_wait_seconds_sum", task="shop.tasks.ship", queue="due")
    assert timedelta(hours=2).total_seconds() <= seconds < timedelta(days=1).total_seconds()


def test_a_clock_that_is_ahead_makes_no_wait_less_than_none(scrape):
    plugin.dj_queue_job_started(job("ahead", enqueued_at=datetime.now(UTC) + timedelta(hours=1)))
    assert scrape()("dj_queue_job_wait_seconds_sum", task="shop.tasks.ship", queue="ahead") == 0


def test_attempts_that_died_with_their_process_are_counted_and_have_no_run_time(scrape):
    plugin.dj_queue_job_retried([(job("died"), OutcomeInfo(OutcomeKind.LOST, None))])
    plugin.dj_queue_job_finished([(job("died"), OutcomeInfo(OutcomeKind.LOST, None))])
    seen = scrape()
    labels = {"task": "shop.tasks.ship", "queue": "died"}
    assert seen("dj_queue_attempts_lost_total", **labels) == 2
    assert seen("dj_queue_jobs_finished_total", **labels, outcome="lost") == 1
    assert seen("dj_queue_job_run_seconds_count", **labels) is None


def test_what_came_too_late_or_was_left_by_the_dead_is_counted(scrape):
    plugin.dj_queue_event(Event(events.FENCED, "elsewhere", count=2))
    plugin.dj_queue_event(Event(events.RECOVER, "elsewhere", count=5))
    plugin.dj_queue_event(Event(events.CLAIM, "elsewhere", count=7))
    plugin.dj_queue_error("worker.claim")
    seen = scrape()
    assert seen("dj_queue_outcomes_fenced_total", backend="elsewhere") == 2
    assert seen("dj_queue_jobs_recovered_total", backend="elsewhere") == 5
    assert seen("dj_queue_errors_total", where="worker.claim") == 1


def test_labels_have_an_end():
    labels = JobLabels(most=2)
    assert [labels.of(job(name)) for name in ("a", "b", "c", "a")] == [
        ("shop.tasks.ship", "a"),
        ("shop.tasks.ship", "b"),
        OTHER,
        ("shop.tasks.ship", "a"),
    ]
