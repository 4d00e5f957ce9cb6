"""What the pages of all models share: they show, one backend alias at a time; actions act."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import urlencode

from dj_queue.admin.backends import PARAMETER, BackendFilter, chosen_alias
from dj_queue.admin.changelist import CappedChangeList, CappedPaginator
from dj_queue.admin.permissions import OperatorPermissions
from dj_queue.services import Services, services_for


class QueueAdmin(OperatorPermissions, admin.ModelAdmin):  # type: ignore[type-arg]
    """Shows rows and changes none. Every change is an action: a POST, a permission, an operation, a log entry."""

    list_filter: ClassVar[Any] = (BackendFilter,)
    list_per_page = 100
    list_max_show_all = 100
    list_select_related = False
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by: ClassVar[Any] = ()
    ordering: ClassVar[Any] = ("-pk",)
    fields_of_list: ClassVar[Sequence[str]] = ()
    """The fields a list reads; none named means all."""
    row_actions: ClassVar[Mapping[str, str]] = {}
    """Actions that a row's own page offers, with the words on their buttons."""

    class Media:
        css: ClassVar[Any] = {"all": ["dj_queue/admin.css"]}

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """The rows of the backend alias that the page looks at, on its database."""
        alias = chosen_alias(request)
        rows = super().get_queryset(request)
        if alias is None:
            return rows.none()
        services = services_for(alias)
        return self.rows_of(services, rows.using(services.database.alias))

    def rows_of(self, services: Services, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Those of the database's rows that belong to the alias."""
        return rows.filter(backend_alias=services.alias)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[CappedChangeList]:
        """The list with a capped count."""
        return CappedChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the filters shown: an address must not search what no index finds, nor guess at arguments."""
        return lookup in {getattr(filter_class, "parameter_name", None) for filter_class in self.list_filter}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Refuse actions that the user may not take and ids that are none, then go on as usual."""
        if request.method == "POST":
            self._refuse_forged(request)
        return super().changelist_view(request, extra_context)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Offer the actions that fit the row: buttons that post to the list."""
        row = kwargs.get("obj")
        if row is not None:
            context["row_actions"] = [
                (name, label)
                for name, label in self.row_actions.items()
                if name in self.get_actions(request) and self.action_fits(name, row)
            ]
            context["row_actions_url"] = self.list_url(row)
        return super().render_change_form(request, context, *args, **kwargs)

    def action_fits(self, name: str, row: Any) -> bool:
        """Whether an action would do anything to this row."""
        return True

    def list_url(self, row: Model) -> str:
        """The list of the backend alias that the row belongs to."""
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        alias = getattr(row, "backend_alias", None)
        return address if alias is None else f"{address}?{urlencode({PARAMETER: alias})}"

    def _refuse_forged(self, request: HttpRequest) -> None:
        wanted = set(request.POST.getlist("action")) - {""}
        if not wanted <= set(self.get_actions(request)):
            raise PermissionDenied
        try:
            for pk in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.to_python(pk)
        except ValidationError as error:
            raise BadRequest("a selected row has an id that is none") from error
