"""Finish: outcomes are written in groups, each behind its fence; freed slots are handed on at once."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from dj_queue.contract import (
    NOTHING_ADMITTED,
    Admitted,
    Outcome,
    OutcomeKind,
    Started,
    Status,
    events,
)
from dj_queue.models import Job
from dj_queue.operations.announce import announce, due_in
from dj_queue.operations.transactions import in_transaction
from dj_queue.services import Services


@dataclass(frozen=True, slots=True)
class Finished:
    """Which jobs were written; the rest were no longer held: their outcomes changed nothing."""

    recorded: frozenset[UUID]
    fenced: frozenset[UUID]


def finish(services: Services, outcomes: Sequence[Outcome]) -> Finished:
    """Write these outcomes in one transaction and hand freed concurrency slots on in the same one."""
    began = time.perf_counter()
    recorded, admitted = in_transaction(services, lambda: _write(services, outcomes))
    written = [outcome for outcome in outcomes if outcome.job_id in recorded]
    announce(services, admitted.queues | _given_back(services, written) | _scheduled(services, written))
    finished = Finished(recorded, frozenset(o.job_id for o in outcomes) - recorded)
    _tell(services, finished, time.perf_counter() - began)
    return finished


def mark_started(services: Services, attempts: Sequence[Started]) -> None:
    """Write when these attempts started, so that a crash from now on counts against them."""
    in_transaction(services, lambda: services.dialect.mark_started(attempts))


def _write(services: Services, outcomes: Sequence[Outcome]) -> tuple[frozenset[UUID], Admitted]:
    dropped = [] if services.options.preserve_finished_jobs else [o for o in outcomes if _is_value(o)]
    kept = [o for o in outcomes if not _is_value(o)] if dropped else outcomes
    recorded = services.dialect.finish(kept) if kept else frozenset[UUID]()
    if dropped:
        recorded |= services.dialect.drop(dropped)
    keys = {
        o.concurrency_hash
        for o in outcomes
        if o.concurrency_hash and o.job_id in recorded and o.status is not Status.READY
    }
    admitted = services.dialect.admit(sorted(keys)) if keys else NOTHING_ADMITTED
    return recorded, admitted


def _is_value(outcome: Outcome) -> bool:
    return outcome.kind is OutcomeKind.VALUE


def _given_back(services: Services, outcomes: Sequence[Outcome]) -> frozenset[str]:
    """The queues of jobs given back."""
    ids = [o.job_id for o in outcomes if o.status is Status.READY]
    if not ids:
        return frozenset()
    rows = Job.objects.using(services.database.alias).filter(id__in=ids)
    return frozenset(rows.values_list("queue_name", flat=True))


def _scheduled(services: Services, outcomes: Sequence[Outcome]) -> frozenset[str]:
    delays = [o.retry_delay for o in outcomes if o.status is Status.SCHEDULED]
    return due_in(services, min(delays)) if delays else frozenset()


def _tell(services: Services, finished: Finished, seconds: float) -> None:
    if not services.broadcasts.event:
        return
    services.broadcasts.event(
        event=events.Event(events.FINISH, services.alias, seconds, len(finished.recorded))
    )
    if finished.fenced:
        services.broadcasts.event(
            event=events.Event(events.FENCED, services.alias, 0.0, len(finished.fenced))
        )
