"""Claim: a process takes ready jobs; the attempt is counted here, before anything runs."""

import time
from collections.abc import Sequence
from uuid import UUID

from dj_queue.contract import ClaimedJob, ClaimRequest, Selector, events
from dj_queue.operations.transactions import repeating
from dj_queue.services import Services


def claim(
    services: Services, selectors: Sequence[Selector], limit: int, process_id: UUID
) -> list[ClaimedJob]:
    """Take up to `limit` ready jobs of the selected queues for this process, in the order they should start."""
    request = ClaimRequest(services.alias, tuple(selectors), limit, process_id)
    began = time.perf_counter()
    jobs = repeating(services, lambda: services.claim.claim(request))
    if jobs and services.broadcasts.event:
        seconds = time.perf_counter() - began
        services.broadcasts.event(event=events.Event(events.CLAIM, services.alias, seconds, len(jobs)))
    return jobs
