"""Outcomes of claimed jobs, as workers record them."""

from datetime import UTC, datetime

from dj_queue.contract import Outcome, OutcomeKind, Status


def success(job, value_json="null"):
    """The outcome of an attempt that returned."""
    now = datetime.now(UTC)
    kind, status = OutcomeKind.VALUE, Status.SUCCESSFUL
    return outcome(job, kind, status, started_at=now, ended_at=now, value_json=value_json)


def failure(job):
    """The outcome of an attempt that raised for good."""
    now = datetime.now(UTC)
    entry = '[{"attempt":1,"worker":"w","class":"builtins.ValueError","traceback":"no"}]'
    kind, status = OutcomeKind.ERROR, Status.FAILED
    return outcome(job, kind, status, started_at=now, ended_at=now, errors_json=entry)


def release(job):
    """The outcome of an attempt that never started."""
    return outcome(job, OutcomeKind.RELEASE, Status.READY)


def retry(job, delay=0.0):
    """The outcome of an attempt that is followed by another."""
    now = datetime.now(UTC)
    return outcome(job, OutcomeKind.RETRY, Status.SCHEDULED, started_at=now, ended_at=now, retry_delay=delay)


def outcome(job, kind, status, **facts):
    """An outcome of a claimed job."""
    fence = (job.id, job.attempt, job.process_id)
    facts = {"lost": job.lost, **facts}
    return Outcome(*fence, kind, status, concurrency_hash=job.concurrency_hash, **facts)
