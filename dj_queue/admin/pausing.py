"""Pausing a queue from the admin: one way for the list of jobs and the form, with its entry in the log."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, DELETION
from django.db.models import QuerySet
from django.http import HttpRequest

from dj_queue.admin.actions import record, takes_ticked_only
from dj_queue.admin.backends import chosen_services
from dj_queue.admin.base import QueueAdmin
from dj_queue.contract.printable import printable
from dj_queue.models import Pause
from dj_queue.operations import queues
from dj_queue.services import Services


def pause(request: HttpRequest, services: Services, queue_name: str) -> Pause | None:
    """Pause a queue and log it; None when it was paused already."""
    if not queues.pause(services, queue_name):
        return None
    row = _pause_of(services, queue_name)
    record(request, [row], f"Paused {_spelled(services, queue_name)}.", ADDITION)
    return row


def resume(page: QueueAdmin, request: HttpRequest, pauses: QuerySet[Any]) -> None:
    """Resume the queues of these pauses and log it."""
    if not takes_ticked_only(page, request):
        return
    services = chosen_services(request)
    rows = list(pauses)
    for row in rows:
        record(request, [row], f"Resumed {_spelled(services, row.queue_name)}.", DELETION)
        queues.resume(services, row.queue_name)
    page.message_user(request, f"Resumed: {_listed([row.queue_name for row in rows])}.", messages.SUCCESS)


def pause_queues_of(page: QueueAdmin, request: HttpRequest, jobs: QuerySet[Any]) -> None:
    """Pause the queues of these jobs."""
    if not takes_ticked_only(page, request):
        return
    services = chosen_services(request)
    names = sorted(set(jobs.values_list("queue_name", flat=True)))
    paused = [name for name in names if pause(request, services, name) is not None]
    if paused:
        page.message_user(request, f"Paused: {_listed(paused)}.", messages.SUCCESS)
    if len(paused) < len(names):
        already = [name for name in names if name not in paused]
        page.message_user(request, f"Paused already: {_listed(already)}.", messages.WARNING)


def _pause_of(services: Services, queue_name: str) -> Pause:
    pauses = Pause.objects.using(services.database.alias)
    return pauses.get(backend_alias=services.alias, queue_name=queue_name)


def _spelled(services: Services, queue_name: str) -> str:
    return f"queue {printable(queue_name)} of backend alias {services.alias}"


def _listed(names: list[str]) -> str:
    return ", ".join(map(printable, names))
