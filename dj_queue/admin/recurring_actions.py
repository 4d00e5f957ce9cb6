"""Enqueueing recurring tasks now and unscheduling them, each logged."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import DELETION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html

from dj_queue.admin.actions import ask, is_confirmed, record, takes_ticked_only
from dj_queue.admin.backends import chosen_services
from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.display import link
from dj_queue.contract.printable import printable
from dj_queue.exceptions import EnqueueError, UnknownTask
from dj_queue.models import Job, RecurringTask
from dj_queue.operations import recurring


def enqueue_now(page: QueueAdmin, request: HttpRequest, tasks: QuerySet[Any]) -> None:
    """Enqueue a job of each task at once; those whose task is gone or refuses are named."""
    if not takes_ticked_only(page, request):
        return
    services = chosen_services(request)
    for task in tasks:
        try:
            job_id = recurring.run_now(services, task)
        except (UnknownTask, EnqueueError) as error:
            problem = f"{printable(task.key)} was not enqueued: {printable(str(error))}"
            page.message_user(request, problem, messages.ERROR)
            continue
        record(request, [task], f"Enqueued now, as job {job_id}.")
        done = format_html(
            "Enqueued {}: job {}.", printable(task.key), link(Job, job_id, job_id, services.alias)
        )
        page.message_user(request, done, messages.SUCCESS)


def unschedule(
    page: QueueAdmin, request: HttpRequest, tasks: QuerySet[Any], action: str
) -> HttpResponse | None:
    """Ask, then delete the tasks that were made at run time; static ones are named and stay."""
    if not takes_ticked_only(page, request):
        return None
    dynamic = list(tasks.filter(is_static=False))
    if dynamic and not is_confirmed(request):
        names = _listed(dynamic)
        return ask(page, request, action, f"Unschedule {names}?", "Jobs they have enqueued stay.")
    services = chosen_services(request)
    for task in dynamic:
        record(request, [task], f"Unscheduled from backend alias {services.alias}.", DELETION)
        recurring.remove_dynamic(services, task.key)
    if dynamic:
        page.message_user(request, f"Unscheduled: {_listed(dynamic)}.", messages.SUCCESS)
    for task in tasks.filter(is_static=True):
        where = f"TASKS[{services.alias!r}]['OPTIONS']['recurring']"
        text = f"{printable(task.key)} is static: it comes from the configuration. Take it out of {where}."
        page.message_user(request, text, messages.ERROR)
    return None


def _listed(tasks: Sequence[RecurringTask]) -> str:
    return ", ".join(printable(task.key) for task in tasks)
