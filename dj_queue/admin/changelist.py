"""Lists of tables with millions of rows: counted up to a cap, read by the page, without the wide columns."""

from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

CAP = 10_000
"""Rows that a list counts, pages through, and changes at once."""


def capped_count(rows: QuerySet[Any]) -> int:
    """How many rows there are, CAP when there are as many or more."""
    return rows.order_by()[:CAP].count()


def spelled(count: int) -> str:
    """A capped count as text."""
    return f"{count:,} or more" if count >= CAP else f"{count:,}"


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of the first CAP rows: no list reads a whole table to number its pages."""

    @cached_property
    def count(self) -> int:
        """The capped count."""
        rows: Any = self.object_list
        return capped_count(rows)


class CappedChangeList(ChangeList):
    """A list that says when its count is capped and reads the columns it shows."""

    is_capped = False
    cap = f"{CAP:,}"

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        """The rows of the list with the fields that its ModelAdmin names."""
        page: Any = self.model_admin
        rows = super().get_queryset(request, *args, **kwargs)
        return rows.only(*page.fields_of_list) if page.fields_of_list else rows

    def get_results(self, request: HttpRequest) -> None:
        """Also tell whether there may be more than were counted."""
        super().get_results(request)
        self.is_capped = self.result_count >= CAP
