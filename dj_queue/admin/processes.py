"""Processes: what runs, and whether it still says so."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.changelist import capped_count, spelled
from dj_queue.admin.display import NOTHING, code, column, grid, lines, link, moment, text
from dj_queue.admin.payloads import show_metadata
from dj_queue.contract import Status
from dj_queue.models import Job, Process
from dj_queue.services import Services


@admin.register(Process)
class ProcessAdmin(QueueAdmin):
    """The registered processes of a backend alias."""

    list_display = ("title", "role", "is_alive", "heartbeat", "began", "host", "number")
    ordering = ("hostname", "pid", "name")

    title = column("name", "name", text)
    role = column("kind", "kind", text)
    process_id = column("id", "id", code)
    backend = column("backend_alias", "backend alias", text)
    host = column("hostname", "host", text)
    number = column("pid", "pid", text)
    began = column("started_at", "started", moment)
    heartbeat = column("last_heartbeat_at", "last heartbeat", moment)

    def get_fieldsets(self, request: HttpRequest, obj: Process | None = None) -> Any:
        """Who it is, how it lives, what it holds."""
        state = ("is_alive", "heartbeat", "began", "held")
        identity = ("title", "role", "host", "number", "process_id", "supervisor", "backend")
        return [grid(*state, *identity), lines("facts", title="Metadata")]

    def rows_of(self, services: Services, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Each with whether its heartbeat is fresh, by the database's clock and the alias's threshold."""
        oldest = services.dialect.now() - timedelta(seconds=services.options.process_alive_threshold)
        is_fresh = ExpressionWrapper(Q(last_heartbeat_at__gte=oldest), output_field=BooleanField())
        found: QuerySet[Any] = super().rows_of(services, rows).annotate(is_fresh=is_fresh)
        return found

    @admin.display(description="alive", boolean=True)
    def is_alive(self, process: Any) -> bool:
        """Whether its heartbeat is younger than the alive threshold."""
        return bool(process.is_fresh)

    @admin.display(description="supervisor")
    def supervisor(self, process: Process) -> SafeString | str:
        """The process that started it."""
        if process.supervisor_id is None:
            return NOTHING
        return link(Process, process.supervisor_id, process.supervisor_id, process.backend_alias)

    @admin.display(description="jobs it holds")
    def held(self, process: Process) -> str:
        """How many jobs it has claimed and not finished."""
        jobs = Job.objects.using(process._state.db).filter(process_id=process.id, status=Status.CLAIMED)
        return spelled(capped_count(jobs))

    @admin.display(description="what it says of itself")
    def facts(self, process: Process) -> SafeString:
        """What it says of itself."""
        return show_metadata(process)
