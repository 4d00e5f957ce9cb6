"""Firings: the slots of recurring tasks that were enqueued, and the jobs they became."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString

from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.display import NOTHING, code, column, grid, link, moment, text
from dj_queue.models import Job, RecurringExecution, RecurringTask
from dj_queue.services import Services


@admin.register(RecurringExecution)
class RecurringExecutionAdmin(QueueAdmin):
    """The firings of a backend alias, newest first."""

    list_display = ("slot", "task_key", "job", "fired")

    slot = column("run_at", "slot", moment)
    fired = column("created_at", "enqueued", moment)
    digest = column("key_hash", "hash of the key", code)
    backend = column("backend_alias", "backend alias", text)

    def get_fieldsets(self, request: HttpRequest, obj: RecurringExecution | None = None) -> Any:
        """All there is."""
        return [grid("slot", "task_key", "job", "fired", "digest", "backend")]

    def rows_of(self, services: Services, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Each with the key of its task, while that exists."""
        tasks = RecurringTask.objects.using(services.database.alias)
        same = tasks.filter(backend_alias=OuterRef("backend_alias"), key_hash=OuterRef("key_hash"))
        found: QuerySet[Any] = (
            super().rows_of(services, rows).annotate(task_key_text=Subquery(same.values("key")[:1]))
        )
        return found

    @admin.display(description="recurring task")
    def task_key(self, firing: Any) -> str:
        """The key of the task."""
        return NOTHING if firing.task_key_text is None else text(firing.task_key_text)

    @admin.display(description="job")
    def job(self, firing: RecurringExecution) -> SafeString:
        """The job, which its retention may have ended."""
        return link(Job, firing.job_id, firing.job_id, firing.backend_alias)
