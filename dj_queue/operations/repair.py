"""Repair: what looks stuck is set going by the operations that workers, dispatchers and supervisors use all the time.

Each of them may run beside the others and more than once, so a repair may too. What only an operator can judge
is left, with a word on what to do.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from dj_queue.operations.anomaly import Anomaly, Kind
from dj_queue.operations.concurrency import expire_slots, let_in
from dj_queue.operations.promote import promote_due
from dj_queue.operations.recover import recover_missing
from dj_queue.services import Services

BATCH = 500
FOR_A_HUMAN = {
    Kind.KEYLESS: "nobody knows its key any more: discard it, or write its key and its hash",
    Kind.UNSERVED: "start a worker that selects the queue, or discard its jobs",
    Kind.IDLE_WORKER: "its process may hang; end it with SIGKILL if it stays so: its jobs are recovered",
    Kind.STANDING_WORKER: "a job of a live process may have started; end the process with SIGKILL: "
    "its jobs are recovered",
    Kind.FULL_WORKER: "jobs that run for long may be in order; start more workers, "
    "or end the process with SIGKILL: its jobs are recovered",
    Kind.OLD_READER: "only its owner knows whether it may be ended",
    Kind.CLOCK_SKEW: "set both clocks by NTP; due times follow the database's",
}
"""What to do about an anomaly that is not repaired, and why it is not."""


@dataclass(frozen=True, slots=True)
class Treated:
    """What became of one anomaly."""

    anomaly: Anomaly
    is_repaired: bool
    text: str
    """What was done; or why nothing was, and what an operator may do."""


def repair(services: Services, found: Iterable[Anomaly]) -> Iterator[Treated]:
    """Set going what is safe to, one anomaly after the other; tells of each what became of it."""
    for anomaly in found:
        if anomaly.kind in FOR_A_HUMAN:
            yield Treated(anomaly, is_repaired=False, text=FOR_A_HUMAN[anomaly.kind])
        else:
            yield Treated(anomaly, is_repaired=True, text=_set_going(services, anomaly))


def _set_going(services: Services, anomaly: Anomaly) -> str:
    match anomaly.kind:
        case Kind.OWNERLESS:
            owner = None if anomaly.subject == str(None) else UUID(anomaly.subject)
            count = recover_missing(services, owner)
            return f"{_jobs(count)} went back, or failed where the task or its lost attempts say so"
        case Kind.OVERDUE:
            return f"{_jobs(_promote_all(services))} became ready"
        case Kind.EXPIRED_SLOT:
            expired = expire_slots(services, [anomaly.subject], services.dialect.now())
            entered = let_in(services, [anomaly.subject])
            return f"{_jobs(expired)} gave the slot back, {_jobs(entered)} got in"
        case _:
            return f"{_jobs(let_in(services, [anomaly.subject]))} got in"


def _promote_all(services: Services) -> int:
    total = promoted = promote_due(services, BATCH)
    while promoted == BATCH:
        promoted = promote_due(services, BATCH)
        total += promoted
    return total


def _jobs(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"
