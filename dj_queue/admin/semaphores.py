"""Semaphores: the concurrency keys in use, and on a key's page how many jobs run and wait under it."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from dj_queue.admin.backends import chosen_services
from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.changelist import capped_count, spelled
from dj_queue.admin.display import code, column, grid, lines, moment, short_code, text
from dj_queue.contract import Status
from dj_queue.models import Job, Semaphore
from dj_queue.operations.policy import hash_key
from dj_queue.services import Services


@admin.register(Semaphore)
class SemaphoreAdmin(QueueAdmin):
    """The keys of every backend alias on the database: a key's row does not say whose it is."""

    list_display = ("name", "slots", "used")
    search_fields = ("key",)
    search_help_text = "An exact concurrency key of the chosen backend alias."

    name = column("key", "key", short_code)
    whole_name = column("key", "key", code)
    slots = column("limit", "jobs at once", text)
    used = column("used_at", "last used", moment)
    digest = column("key_hash", "hash", code)

    def get_fieldsets(self, request: HttpRequest, obj: Semaphore | None = None) -> Any:
        """The key and its jobs."""
        return [lines("whole_name"), grid("slots", "taken", "waiting", "used", "digest")]

    def rows_of(self, services: Services, rows: QuerySet[Any]) -> QuerySet[Any]:
        """All of the database's."""
        return rows

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """The row of a key, by its hash."""
        if not search_term:
            return queryset, False
        alias = chosen_services(request).alias
        return queryset.filter(key_hash=hash_key(alias, search_term)), False

    @admin.display(description="ready or running")
    def taken(self, semaphore: Semaphore) -> str:
        """Jobs that hold a slot."""
        return self._count(semaphore, Status.READY, Status.CLAIMED)

    @admin.display(description="waiting for a slot")
    def waiting(self, semaphore: Semaphore) -> str:
        """Jobs that are blocked."""
        return self._count(semaphore, Status.BLOCKED)

    def _count(self, semaphore: Semaphore, *statuses: Status) -> str:
        jobs = Job.objects.using(semaphore._state.db)
        return spelled(capped_count(jobs.filter(concurrency_hash=semaphore.key_hash, status__in=statuses)))
