"""How an attempt ended, said as the outcome that is recorded."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from dj_queue.contract import ClaimedJob, Outcome, OutcomeKind, PayloadError, Status
from dj_queue.contract.payload import dump_payload
from dj_queue.exceptions import DjQueueError, ResultNotStorable
from dj_queue.operations import errors
from dj_queue.operations.policy import retry_policy
from dj_queue.operations.redaction import Redaction
from dj_queue.runtime.attempt import Attempt


class Interrupted(DjQueueError):
    """The worker stopped before the attempt ended; the job runs again."""


def value_json(value: Any, max_bytes: int) -> str:
    """The stored text of a return value.

    Raises:
        ResultNotStorable: it is not JSON everywhere, or too large.
    """
    try:
        return dump_payload(value, "return value", max_bytes)
    except PayloadError as error:
        raise ResultNotStorable(str(error)) from None


def of_value(attempt: Attempt, text: str) -> Outcome:
    """The task returned."""
    return Outcome(
        *_fence(attempt.job),
        OutcomeKind.VALUE,
        Status.SUCCESSFUL,
        started_at=attempt.started_at,
        ended_at=datetime.now(UTC),
        value_json=text,
        lost=attempt.job.lost,
        concurrency_hash=attempt.job.concurrency_hash,
    )


def of_error(attempt: Attempt, error: BaseException, sensitive_keys: Sequence[str]) -> Outcome:
    """The task raised: another attempt by its retry policy, else the end. What is sensitive is not kept."""
    policy = retry_policy(attempt.task) if attempt.task is not None else None
    delay = policy.delay_after(error, attempt.job.attempt) if policy else None
    return _raised(attempt, error, sensitive_keys, delay)


def of_failed_retry(attempt: Attempt, failure: BaseException, sensitive_keys: Sequence[str]) -> Outcome:
    """The task raised, and its retry option in turn: the end."""
    return _raised(attempt, failure, sensitive_keys, None)


def _raised(
    attempt: Attempt, error: BaseException, sensitive_keys: Sequence[str], delay: float | None
) -> Outcome:
    job = attempt.job
    entry = errors.entry(error, job.attempt, job.process_id, hiding(attempt, sensitive_keys))
    return Outcome(
        *_fence(job),
        OutcomeKind.ERROR if delay is None else OutcomeKind.RETRY,
        Status.FAILED if delay is None else Status.SCHEDULED,
        started_at=attempt.started_at or datetime.now(UTC),
        ended_at=datetime.now(UTC),
        errors_json=errors.appended(job.errors, entry),
        retry_delay=delay or 0.0,
        lost=job.lost,
        concurrency_hash=job.concurrency_hash,
    )


def hiding(attempt: Attempt, sensitive_keys: Sequence[str]) -> Callable[[str], str]:
    """What leaves the sensitive arguments of the attempt out of a text; a task that was not found got none."""
    if attempt.task is None:
        return str
    redaction = Redaction(attempt.task, sensitive_keys)
    return lambda text: redaction.text(text, attempt.job.args, attempt.job.kwargs)


def of_release(attempt: Attempt) -> Outcome:
    """The attempt never started: the job goes back, uncounted."""
    job = attempt.job
    return Outcome(
        *_fence(job), OutcomeKind.RELEASE, Status.READY, lost=job.lost, concurrency_hash=job.concurrency_hash
    )


def of_interruption(attempt: Attempt) -> Outcome:
    """The worker stops while the attempt runs: the job goes back, its attempt kept in its history."""
    job = attempt.job
    entry = errors.entry(
        Interrupted("the worker stopped before the attempt ended"), job.attempt, job.process_id
    )
    return Outcome(
        *_fence(job),
        OutcomeKind.RELEASE,
        Status.READY,
        started_at=attempt.started_at or datetime.now(UTC),
        errors_json=errors.appended(job.errors, entry),
        lost=job.lost,
        concurrency_hash=job.concurrency_hash,
    )


def unrecordable(outcome: Outcome, job: ClaimedJob, error: BaseException) -> Outcome:
    """What is recorded instead of an outcome that the database refused: the refusal."""
    return Outcome(
        *_fence(job),
        OutcomeKind.ERROR,
        Status.FAILED,
        started_at=outcome.started_at,
        ended_at=outcome.ended_at,
        errors_json=errors.appended(job.errors, errors.entry(error, job.attempt, job.process_id)),
        lost=outcome.lost,
        concurrency_hash=job.concurrency_hash,
    )


def _fence(job: ClaimedJob) -> tuple[Any, int, Any]:
    return job.id, job.attempt, job.process_id
