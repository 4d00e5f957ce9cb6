"""Pauses: the queues that wait; one more is paused by a small form, and resumed by an action."""

from typing import Any, ClassVar, override

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from dj_queue.admin import pausing
from dj_queue.admin.backends import aliases_in_order, chosen_alias
from dj_queue.admin.base import QueueAdmin
from dj_queue.admin.display import column, grid, lines, moment, text
from dj_queue.contract.names import check_queue_name
from dj_queue.contract.printable import printable
from dj_queue.models import Pause
from dj_queue.services import services_for


class PauseForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which queue of which backend alias to pause. It checks; the operation pauses."""

    backend_alias = forms.ChoiceField(
        label="Backend alias", choices=lambda: [(alias, alias) for alias in aliases_in_order()]
    )
    queue_name = forms.CharField(label="Queue", max_length=128)

    class Meta:
        model = Pause
        fields = ("backend_alias", "queue_name")

    def clean_queue_name(self) -> str:
        """The name, by the rule for every queue."""
        try:
            return check_queue_name(self.cleaned_data["queue_name"])
        except ValueError as error:
            raise forms.ValidationError(printable(str(error))) from None

    def validate_constraints(self) -> None:
        """A queue that is paused already stays so: see `PauseAdmin.save_model`."""


@admin.register(Pause)
class PauseAdmin(QueueAdmin):
    """The paused queues of a backend alias."""

    list_display = ("queue", "since")
    ordering = ("queue_name",)
    form = PauseForm
    actions = ("resume",)
    row_actions: ClassVar[Any] = {"resume": "Resume"}

    queue = column("queue_name", "queue", text)
    backend = column("backend_alias", "backend alias", text)
    since = column("created_at", "paused since", moment)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Adding a pause is pausing a queue."""
        return self.has_pause_permission(request)

    def get_fieldsets(self, request: HttpRequest, obj: Pause | None = None) -> Any:
        """What the form asks, or what the page shows."""
        return [lines(*PauseForm.Meta.fields) if obj is None else grid("queue", "backend", "since")]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """The backend alias that the list looked at."""
        return {"backend_alias": chosen_alias(request), **super().get_changeform_initial_data(request)}

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form, with one button."""
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {"title": "Pause a queue", **one_button})

    @override
    def save_model(self, request: HttpRequest, obj: Pause, form: Any, change: bool) -> None:
        """Pause the queue through the operation."""
        paused = pausing.pause(request, services_for(obj.backend_alias), obj.queue_name)
        name = printable(obj.queue_name)
        if paused is None:
            self.message_user(request, f"The queue {name} was paused already.", messages.WARNING)
        else:
            self.message_user(request, f"Paused: {name}.", messages.SUCCESS)

    def log_addition(self, request: HttpRequest, obj: Pause, message: Any) -> Any:
        """Pausing has written its entry."""

    def response_add(
        self, request: HttpRequest, obj: Pause, post_url_continue: str | None = None
    ) -> HttpResponse:
        """To the list of the backend alias whose queue it was, for those who may look at it."""
        if not self.has_view_permission(request):
            return self.response_post_save_add(request, obj)
        return HttpResponseRedirect(self.list_url(obj))

    @admin.action(description="Resume these queues", permissions=["pause"])
    def resume(self, request: HttpRequest, pauses: QuerySet[Any]) -> None:
        """Let the queues' jobs be claimed again."""
        pausing.resume(self, request, pauses)
