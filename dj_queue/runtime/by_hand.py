"""Claiming and running jobs in the calling thread, by the same rules as workers do."""

from collections.abc import Sequence
from contextvars import copy_context
from functools import partial
from uuid import UUID

from dj_queue.contract import ClaimedJob, Outcome, Selector
from dj_queue.exceptions import ProcessMissingError, ProcessPrunedError
from dj_queue.operations import processes
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import Finished, finish
from dj_queue.operations.transactions import after_commit
from dj_queue.runtime import outcomes
from dj_queue.runtime.announcements import announce_outcomes
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.db_connections import is_in_transaction, reset_after_task
from dj_queue.runtime.execution import Execution
from dj_queue.runtime.hands import hands
from dj_queue.runtime.recorder import is_about_content
from dj_queue.services import Services


def claim_for(
    services: Services, selectors: Sequence[Selector], limit: int, process_id: UUID | None
) -> list[ClaimedJob]:
    """Take jobs for a registered process, or for a new one of this caller.

    Raises:
        ProcessMissingError: the process has no row.
    """
    if process_id is None:
        return hands().claim(services, selectors, limit)
    if not processes.heartbeat(services, {process_id}):
        raise ProcessMissingError(f"process {process_id} is not registered")
    return claim(services, selectors, limit, process_id)


def run(services: Services, job: ClaimedJob) -> Outcome:
    """Run the job in this thread, record how it ended and tell signals and hooks; returns the outcome.

    Raises:
        ProcessPrunedError: the claim was lost meanwhile; the outcome changed nothing.
        KeyboardInterrupt: it interrupted the task; that is recorded as its error.
        Exception: the database's, when the outcome could not be written.
    """
    attempt = Attempt(job, services.alias, is_marked_first=True)
    try:
        _execute(services, attempt)
        done, outcome = _record(services, attempt)
    finally:
        hands().let_go(job)
    if done.fenced:
        raise ProcessPrunedError(
            f"job {job.id} was given to another process while it ran; its outcome changed nothing"
        )
    after_commit(services, partial(announce_outcomes, services, [attempt]))
    if isinstance(attempt.error, KeyboardInterrupt):
        raise attempt.error
    return outcome


def _execute(services: Services, attempt: Attempt) -> None:
    is_callers_transaction = is_in_transaction()
    execution = Execution(services, _watch_nothing)
    if execution.prepare(attempt):
        # As on a worker, what the task or a listener sets for its context is gone with it.
        copy_context().run(execution.run, attempt)
    if not is_callers_transaction:
        reset_after_task()


def _watch_nothing(attempt: Attempt) -> None:
    """No recorder waits for this attempt, no supervisor reads a board."""


def _record(services: Services, attempt: Attempt) -> tuple[Finished, Outcome]:
    if attempt.outcome is None:
        raise RuntimeError("the attempt did not run")
    try:
        return finish(services, [attempt.outcome]), attempt.outcome
    except Exception as error:
        if not is_about_content(error):
            raise
        attempt.outcome = outcomes.unrecordable(attempt.outcome, attempt.job, error)
        attempt.error = error
    return finish(services, [attempt.outcome]), attempt.outcome
