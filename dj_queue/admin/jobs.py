"""Jobs: found by status, queue, id or task; shown whole; retried, discarded, their queues paused."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse

from dj_queue.admin import job_actions, pausing
from dj_queue.admin.backends import BackendFilter, aliases_in_order, named_alias
from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.filters import QueueFilter, StatusFilter
from dj_queue.admin.job_actions import DISCARD, RETRY
from dj_queue.admin.job_columns import JobColumns, sections
from dj_queue.admin.job_lists import NEWEST_FIRST, WINDOW, bounded, of_status, order
from dj_queue.contract import Status
from dj_queue.models import FailedExecution, Job
from dj_queue.services import Services, services_for

NARROW = ("backend_alias", "task_path", "queue_name", "status", "priority", "attempts")
MOMENTS = ("enqueued_at", "run_after", "finished_at")


@admin.register(Job)
class JobAdmin(JobColumns, QueueAdmin):
    """The jobs of a backend alias: newest first, or of one status in the order in which their turn comes."""

    list_display: Any = ("task", "state", "queue", "tries", "enqueued", "due", "ended", "job_id")
    list_filter: ClassVar[Any] = (BackendFilter, StatusFilter, QueueFilter)
    search_fields = ("id",)
    search_help_text = (
        "An exact id, task path or queue. "
        f"Without a status, and for successful, the newest {WINDOW:,} jobs are looked at."
    )
    fields_of_list: ClassVar[Any] = (*NARROW, *MOMENTS)
    actions = ("retry", "discard", "pause_queues")
    row_actions: ClassVar[Any] = {RETRY.name: RETRY.verb, DISCARD.name: DISCARD.verb}

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        """The parts that this job has."""
        return [] if obj is None else sections(obj)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """A job's id is unique everywhere: an address that names no backend alias finds it on any."""
        found = super().get_object(request, object_id, from_field)
        if found is not None or named_alias(request) is not None:
            return found
        return self._find(object_id)

    def get_ordering(self, request: HttpRequest) -> Any:
        """The order of the chosen status."""
        return order(self.status_of(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By exact words; a job's id is found anywhere."""
        words = search_term.strip()
        job_id = _as_id(words)
        if job_id is not None:
            return queryset.filter(id=job_id), False
        found = queryset.filter(Q(task_path=words) | Q(queue_name=words)) if words else queryset
        return bounded(found, self.status_of(request)), False

    def status_of(self, request: HttpRequest) -> str | None:
        """The status that the list shows, None when it shows all."""
        return request.GET.get(StatusFilter.parameter_name)

    def sample(self, request: HttpRequest) -> QuerySet[Any]:
        """The jobs whose queues the filter offers: the newest of the database, found by their ids alone."""
        return Job.objects.using(self.get_queryset(request).db).order_by(*NEWEST_FIRST)

    def action_fits(self, name: str, row: Any) -> bool:
        """Whether the action is for jobs of this status."""
        action = RETRY if name == RETRY.name else DISCARD
        return row.status in action.statuses

    @admin.action(description="Retry failed jobs", permissions=["retry"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Any]) -> HttpResponse | None:
        """Make failed jobs ready again."""
        return job_actions.act(self, request, jobs, RETRY)

    @admin.action(description="Discard waiting and failed jobs", permissions=["discard"])
    def discard(self, request: HttpRequest, jobs: QuerySet[Any]) -> HttpResponse | None:
        """Discard jobs that wait or failed."""
        return job_actions.act(self, request, jobs, DISCARD)

    @admin.action(description="Pause the queues of these jobs", permissions=["pause"])
    def pause_queues(self, request: HttpRequest, jobs: QuerySet[Any]) -> None:
        """Keep jobs of these queues from being claimed."""
        pausing.pause_queues_of(self, request, jobs)

    def _find(self, object_id: str) -> Any:
        job_id = _as_id(object_id)
        if job_id is None:
            return None
        for services in map(services_for, aliases_in_order()):
            rows = self.model.objects.using(services.database.alias)
            job = self.rows_of(services, rows).filter(id=job_id).first()
            if job is not None:
                return job
        return None


@admin.register(FailedExecution)
class FailedExecutionAdmin(JobAdmin):
    """The failed jobs of a backend alias, the last one first, with their errors."""

    list_display = ("task", "error", "queue", "tries", "enqueued", "ended", "job_id")
    list_filter: ClassVar[Any] = (BackendFilter, QueueFilter)
    list_per_page = 50
    search_help_text = "An exact id, task path or queue."
    fields_of_list: ClassVar[Any] = (*NARROW, *MOMENTS, "errors")

    def rows_of(self, services: Services, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Failed jobs, by the index of those that have ended."""
        return of_status(super().rows_of(services, rows), Status.FAILED)

    def status_of(self, request: HttpRequest) -> str:
        """Always failed."""
        return Status.FAILED

    def sample(self, request: HttpRequest) -> QuerySet[Any]:
        """The newest failed jobs of the backend alias."""
        return self.get_queryset(request)


def _as_id(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None
