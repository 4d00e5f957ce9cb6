"""Filters of job lists: their choices cost one short query at most, whatever the table holds."""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from dj_queue.admin.backends import chosen_alias
from dj_queue.admin.job_lists import of_status
from dj_queue.contract import Status
from dj_queue.contract.printable import printable

NEWEST = 1000
"""Jobs whose queues the filter offers."""
MOST_QUEUES = 100


class StatusFilter(SimpleListFilter):
    """Jobs of one status."""

    title = "status"
    parameter_name = "status"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Every status, in the order of a job's life."""
        return [(status.value, status.value) for status in Status]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The jobs of the chosen status."""
        status = self.value()
        return queryset if status is None else of_status(queryset, status)


class QueueFilter(SimpleListFilter):
    """Jobs of one queue. Offered are the queues of the newest jobs; an address may name any."""

    title = "queue of the newest jobs"
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Some queues, and the chosen one."""
        chosen = request.GET.get(self.parameter_name)
        names = sorted(self._newest(request, model_admin))[:MOST_QUEUES]
        return [(name, printable(name)) for name in sorted({*names, *([chosen] if chosen else [])})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The jobs of the chosen queue."""
        name = self.value()
        return queryset if name is None else queryset.filter(queue_name=name)

    def _newest(self, request: HttpRequest, model_admin: Any) -> set[str]:
        alias = chosen_alias(request)
        if alias is None:
            return set()
        newest = model_admin.sample(request).values_list("backend_alias", "queue_name")[:NEWEST]
        return {queue for owner, queue in newest if owner == alias}
