"""Recurring tasks: their schedules and next slots; enqueued now or unscheduled by hand."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString

from dj_queue.admin import recurring_actions
from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.display import code, column, grid, lines, moment, text
from dj_queue.admin.payloads import show_args, show_kwargs
from dj_queue.models import RecurringTask
from dj_queue.operations.recurring import next_slot
from dj_queue.services import services_for


@admin.register(RecurringTask)
class RecurringTaskAdmin(QueueAdmin):
    """The recurring tasks of a backend alias."""

    list_display = ("name", "task", "timing", "next_run", "last_run", "queue", "origin")
    search_fields = ("key", "task_path")
    ordering = ("key", "id")
    actions = ("enqueue_now", "unschedule")
    row_actions: ClassVar[Any] = {"enqueue_now": "Enqueue now", "unschedule": "Unschedule"}

    name = column("key", "key", text)
    summary = column("description", "description", text)
    task = column("task_path", "task", text)
    timing = column("schedule", "schedule", code)
    catching_up = column("catch_up", "missed slots that are caught up", text)
    since = column("scheduled_from", "scheduled since", moment)
    last_run = column("last_run_at", "last slot", moment)
    queue = column("queue_name", "queue", text)
    backend = column("backend_alias", "backend alias", text)
    importance = column("priority", "priority", text)

    def get_fieldsets(self, request: HttpRequest, obj: RecurringTask | None = None) -> Any:
        """The schedule, and the call it makes."""
        summary = [lines("summary")] if obj is not None and obj.description else []
        return [
            *summary,
            grid("timing", "zone", "next_run", "last_run", "since", "catching_up", "origin", "backend"),
            grid("task", "queue", "importance", title="Call"),
            lines("arguments", "keyword_arguments"),
        ]

    def action_fits(self, name: str, row: Any) -> bool:
        """Static tasks are unscheduled in the configuration."""
        return name == "enqueue_now" or not row.is_static

    @admin.display(description="made by")
    def origin(self, task: RecurringTask) -> str:
        """Where the task comes from."""
        return "configuration" if task.is_static else "run time"

    @admin.display(description="time zone")
    def zone(self, task: RecurringTask) -> str:
        """The zone of the schedule's clock."""
        return text(task.time_zone) if task.time_zone else "the project's"

    @admin.display(description="next slot")
    def next_run(self, task: RecurringTask) -> SafeString | str:
        """The next slot, or why there is none."""
        is_fired = task.is_static or services_for(task.backend_alias).options.scheduler.dynamic_tasks_enabled
        if not is_fired:
            return "never: scheduler.dynamic_tasks_enabled is off"
        try:
            return moment(next_slot(task, datetime.now(UTC)))
        except ValueError as error:
            return text(error)

    @admin.display(description="arguments")
    def arguments(self, task: RecurringTask) -> SafeString:
        """Positional arguments."""
        return show_args(task)

    @admin.display(description="keyword arguments")
    def keyword_arguments(self, task: RecurringTask) -> SafeString:
        """Keyword arguments."""
        return show_kwargs(task)

    @admin.action(description="Enqueue now", permissions=["run"])
    def enqueue_now(self, request: HttpRequest, tasks: QuerySet[Any]) -> None:
        """Enqueue a job of each, apart from its schedule."""
        recurring_actions.enqueue_now(self, request, tasks)

    @admin.action(description="Unschedule", permissions=["run"])
    def unschedule(self, request: HttpRequest, tasks: QuerySet[Any]) -> HttpResponse | None:
        """Delete tasks that were made at run time."""
        return recurring_actions.unschedule(self, request, tasks, "unschedule")
