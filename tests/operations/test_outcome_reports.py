"""Outcome reports: signals and hooks for jobs whose end another process recorded."""

import logging
from datetime import UTC, datetime

import pytest

from dj_queue.contract import OutcomeKind, Status
from dj_queue.exceptions import ProcessExitError
from dj_queue.operations.outcome_reports import info_of_row, report
from tests.operations.outcomes import outcome, release
from tests.project import tasks

CAUSE = ProcessExitError("the worker ended with code 3")


@pytest.fixture
def held(on, take):
    """Three claimed jobs."""
    on(tasks.add).get_backend().enqueue_all([(on(tasks.add), (n, n), {}) for n in range(3)])
    return take()


def lost(job, status):
    return outcome(job, OutcomeKind.LOST, status, started_at=datetime.now(UTC))


def test_who_ended_is_signalled_and_who_runs_again_is_told_to_hooks(services, held, jobs, heard, signalled):
    signalled.clear()
    jobs.filter(id=held[0].id).update(status=Status.FAILED)
    outcomes = [lost(held[0], Status.FAILED), lost(held[1], Status.READY), release(held[2])]
    report(services, list(jobs.order_by("id")), outcomes, CAUSE)
    assert signalled == [("task_finished", str(held[0].id), "FAILED")]
    ((info, ending),) = heard.finished[0]
    assert (info.id, ending.kind, ending.seconds) == (held[0].id, OutcomeKind.LOST, None)
    assert ending.error_class == "dj_queue.exceptions.ProcessExitError"
    assert [info.id for batch in heard.retried for info, _ in batch] == [held[1].id]


def test_djangos_own_log_line_has_the_cause(services, held, jobs, caplog):
    jobs.update(status=Status.FAILED)
    with caplog.at_level(logging.INFO, "django.tasks"):
        report(services, list(jobs.all()), [lost(held[0], Status.FAILED)], CAUSE)
    assert "the worker ended with code 3" in caplog.text


def test_one_look_at_the_rows_serves_all_of_them(services, held, jobs, statements):
    rows = list(jobs.all())
    with statements() as seen:
        report(services, rows, [lost(job, Status.FAILED) for job in held], CAUSE)
    assert len(seen) == 1


def test_a_job_deleted_meanwhile_is_not_signalled(services, held, jobs, signalled):
    signalled.clear()
    rows = list(jobs.all())
    jobs.all().delete()
    report(services, rows, [lost(held[0], Status.FAILED)], CAUSE)
    assert signalled == []


def test_a_receiver_that_raises_stops_nothing(services, held, jobs, heard):
    from django.tasks.signals import task_finished

    def receiver(**kwargs):
        raise RuntimeError

    task_finished.connect(receiver)
    try:
        report(services, list(jobs.all()), [lost(job, Status.FAILED) for job in held], CAUSE)
    finally:
        task_finished.disconnect(receiver)
    assert len(heard.finished[0]) == 3


def test_a_row_is_told_to_hooks_without_its_arguments(services, held, jobs):
    row = jobs.first()
    info = info_of_row(row)
    assert (info.id, info.task_path, info.attempt) == (row.id, "tests.project.tasks.add", 1)
    assert not hasattr(info, "args")
