"""How values look: moments with seconds and zone, text of unknown origin made printable, everything escaped."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from dj_queue.admin.backends import PARAMETER
from dj_queue.contract import Status
from dj_queue.contract.printable import printable

LONGEST_IN_A_LIST = 120
NOTHING = "-"

type Section = tuple[str | None, dict[str, Any]]


def column(field: str, label: str, show: Callable[[Any], Any]) -> Any:
    """A column of a list, or a line of a page: `show` of one field's value, a dash for None."""

    @admin.display(description=label)
    def shown(self: object, row: Model) -> Any:
        value = getattr(row, field)
        return NOTHING if value is None else show(value)

    return shown


def text(value: object) -> str:
    """Any value as one printable text."""
    return printable(str(value))


def code(value: object) -> SafeString:
    """Identifiers, paths and keys, in a type that tells their characters apart."""
    return format_html("<code>{}</code>", text(value))


def short_code(value: str) -> SafeString:
    """The same, cut to what a list has room for."""
    return code(value if len(value) <= LONGEST_IN_A_LIST else f"{value[: LONGEST_IN_A_LIST - 1]}…")


def moment(value: datetime) -> SafeString:
    """A moment on the user's clock; its zone too where there is room."""
    local = timezone.localtime(value)
    return format_html(
        '<time datetime="{}">{} <span class="dj-queue-zone">{}</span></time>',
        value.isoformat(),
        f"{local:%Y-%m-%d %H:%M:%S}",
        f"{local:%Z}",
    )


def state(value: str) -> SafeString:
    """A job's status, with a colour where it is one of ours."""
    known = value if value in Status else "unknown"
    return format_html('<span class="dj-queue-state dj-queue-{}">{}</span>', known, text(value))


def preformatted(value: str) -> SafeString:
    """Text of many lines, as it is."""
    return format_html('<pre class="dj-queue-text">{}</pre>', printable(value))


def grid(*fields: str, title: str | None = None) -> Section:
    """A part of a page: short facts, several in a row."""
    return title, {"fields": fields, "classes": ("dj-queue-grid",)}


def lines(*fields: str, title: str | None = None) -> Section:
    """A part of a page: a line for each field."""
    return title, {"fields": fields}


def link(model: type[Model], pk: object, label: object, backend_alias: str) -> SafeString:
    """A link to a row's page, looked at with its own backend alias."""
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[pk])
    query = urlencode({PARAMETER: backend_alias})
    return format_html('<a href="{}?{}">{}</a>', address, query, text(label))
