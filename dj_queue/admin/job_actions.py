"""Retrying and discarding from a list of jobs: asked before, capped, in batches, each batch logged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from dj_queue.admin.actions import ask, is_confirmed, is_for_all, record
from dj_queue.admin.backends import chosen_services
from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.changelist import CAP, capped_count
from dj_queue.contract import Status
from dj_queue.operations.jobs import (
    BATCH,
    discard_blocked_jobs,
    discard_failed_jobs,
    discard_ready_jobs,
    discard_scheduled_jobs,
    retry_failed_jobs,
)


@dataclass(frozen=True, slots=True)
class JobAction:
    """What an operator does to jobs."""

    name: str
    """The name of the admin action."""
    verb: str
    past: str
    statuses: Sequence[Status]
    """The jobs it is for; others stay as they are."""
    asks: bool
    """Whether it asks before it acts on ticked jobs. For all jobs of a list, every action asks."""
    apply: Callable[[list[UUID], str], int]
    """Does it to jobs of a backend alias, through an operation; returns to how many."""

    def note(self) -> str:
        """Which jobs are meant."""
        *most, last = self.statuses
        names = f"{', '.join(most)} and {last}" if most else str(last)
        return f"Only {names} jobs are {self.past.lower()}; others stay as they are."


def _retry(job_ids: list[UUID], backend_alias: str) -> int:
    return retry_failed_jobs(job_ids=job_ids, backend_alias=backend_alias)


def _discard(job_ids: list[UUID], backend_alias: str) -> int:
    """In the order in which jobs move on, so that none slips through between two of them."""
    steps = (discard_scheduled_jobs, discard_blocked_jobs, discard_ready_jobs, discard_failed_jobs)
    return sum(discard(job_ids=job_ids, backend_alias=backend_alias) for discard in steps)


RETRY = JobAction("retry", "Retry", "Retried", (Status.FAILED,), asks=False, apply=_retry)
WAITING_OR_FAILED = (Status.READY, Status.SCHEDULED, Status.BLOCKED, Status.FAILED)
DISCARD = JobAction("discard", "Discard", "Discarded", WAITING_OR_FAILED, asks=True, apply=_discard)


def act(
    page: QueueAdmin, request: HttpRequest, jobs: QuerySet[Any], action: JobAction
) -> HttpResponse | None:
    """Do the action to the jobs it is for, at most CAP at once; or ask first."""
    fitting = jobs.filter(status__in=action.statuses)
    count = capped_count(fitting)
    if count and (action.asks or is_for_all(request)) and not is_confirmed(request):
        return ask(page, request, action.name, f"{action.verb} {_jobs(count)}?", _note(action, count))
    alias = chosen_services(request).alias
    chosen, done = capped_count(jobs), 0
    for batch in batched(fitting.only("id", "task_path")[:CAP], BATCH):
        record(request, batch, f"{action.verb} requested.")
        done += action.apply([job.id for job in batch], alias)
    left_out = "" if done == chosen < CAP else f" {_note(action, chosen)}"
    level = messages.SUCCESS if done else messages.WARNING
    page.message_user(request, f"{action.past} {_jobs(done)}.{left_out}", level)
    return None


def _jobs(count: int) -> str:
    return f"{count:,} job{'' if count == 1 else 's'}"


def _note(action: JobAction, count: int) -> str:
    more = f" There may be more than {CAP:,}: one action takes no more." if count >= CAP else ""
    return f"{action.note()}{more}"
