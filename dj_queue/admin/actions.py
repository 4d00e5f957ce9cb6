"""What actions share: the question before, and the entry in Django's admin log."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from dj_queue.admin.base import QueueAdmin

ACROSS = "select_across"
CONFIRMED = "confirmed"


def is_confirmed(request: HttpRequest) -> bool:
    """Whether the question before the action was answered with yes."""
    return request.POST.get(CONFIRMED) == "yes"


def is_for_all(request: HttpRequest) -> bool:
    """Whether the action is for all rows of the list, beyond the ticked ones."""
    return request.POST.get(ACROSS, "0") not in ("", "0")


def takes_ticked_only(page: QueueAdmin, request: HttpRequest) -> bool:
    """Whether rows were ticked; where all rows of the list were chosen, the user is told to tick some."""
    if is_for_all(request):
        page.message_user(
            request, "This action takes ticked rows only, one page at a time.", messages.WARNING
        )
    return not is_for_all(request)


def ask(page: QueueAdmin, request: HttpRequest, action: str, question: str, note: str) -> HttpResponse:
    """The page with the question. Its answer is the same POST once more, checked anew."""
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "media": page.media,
        "title": question,
        "note": note,
        "answer": {"action": action, ACROSS: request.POST.get(ACROSS, "0"), CONFIRMED: "yes"},
        "checkbox_name": ACTION_CHECKBOX_NAME,
        "ticked": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/dj_queue/ask.html", context)


def record(request: HttpRequest, rows: Iterable[Model], message: str, flag: int = CHANGE) -> None:
    """Write who asked for what into Django's admin log, an entry for each row."""
    user: Any = request.user
    LogEntry.objects.log_actions(user.pk, list(rows), flag, change_message=message)
