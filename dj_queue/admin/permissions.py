"""What a user may do: look with the view permissions, act with those that the models' Meta name."""

from typing import Any

from django.http import HttpRequest

from dj_queue.models import Job, Pause, RecurringTask

RETRY = f"{Job._meta.app_label}.retry_job"
DISCARD = f"{Job._meta.app_label}.discard_job"
PAUSE = f"{Pause._meta.app_label}.pause_queue"
RUN = f"{RecurringTask._meta.app_label}.run_recurringtask"


class OperatorPermissions:
    """Nothing is added, changed or deleted by a form; actions ask for `retry`, `discard`, `pause` or `run`."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows are made by enqueueing."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows are changed by operations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Rows go when their retention ends."""
        return False

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether the user may retry failed jobs."""
        return request.user.has_perm(RETRY)

    def has_discard_permission(self, request: HttpRequest) -> bool:
        """Whether the user may discard jobs."""
        return request.user.has_perm(DISCARD)

    def has_pause_permission(self, request: HttpRequest) -> bool:
        """Whether the user may pause and resume queues."""
        return request.user.has_perm(PAUSE)

    def has_run_permission(self, request: HttpRequest) -> bool:
        """Whether the user may enqueue recurring tasks now and unschedule them."""
        return request.user.has_perm(RUN)
