"""Which backend alias a page looks at: one at a time, so that every row on it has the services that serve it.

The address names the alias with `?backend=`. Rows are read on the alias's own database, and operations
get the alias's own services: a job cannot be changed on a database it was not read from.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl

from django.contrib.admin import SimpleListFilter
from django.http import Http404, HttpRequest

from dj_queue.services import Services, queue_aliases, services_for

PARAMETER = "backend"


def aliases_in_order() -> list[str]:
    """Every backend alias of dj_queue's; `default` comes first when it is one of them."""
    return sorted(queue_aliases(), key=lambda alias: alias != "default")


def named_alias(request: HttpRequest) -> str | None:
    """The alias that the address names, itself or among the filters of the list it came from."""
    kept = dict(parse_qsl(request.GET.get("_changelist_filters", "")))
    return request.GET.get(PARAMETER, kept.get(PARAMETER))


def chosen_alias(request: HttpRequest) -> str | None:
    """The alias that the page looks at: the named one, else the first; None where TASKS has none.

    Raises:
        Http404: the named one is none of dj_queue's.
    """
    aliases = aliases_in_order()
    named = named_alias(request)
    if named is None:
        return aliases[0] if aliases else None
    if named not in aliases:
        raise Http404(f"TASKS has no dj_queue backend with the alias {named!r}")
    return named


def chosen_services(request: HttpRequest) -> Services:
    """What serves the alias that the page looks at.

    Raises:
        Http404: there is no such alias.
    """
    alias = chosen_alias(request)
    if alias is None:
        raise Http404("TASKS has no backend of dj_queue's")
    return services_for(alias)


class BackendFilter(SimpleListFilter):
    """Chooses the alias. There is no "All": rows of two aliases may be on two databases."""

    title = "backend alias"
    parameter_name = PARAMETER

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """The aliases, each with its database where that is another name."""
        return [(alias, _label(alias)) for alias in aliases_in_order()]

    def has_output(self) -> bool:
        """Shown only where there is a choice."""
        return len(self.lookup_choices) > 1

    def choices(self, changelist: Any) -> Iterator[Any]:
        """A link for each alias; another filter's queue means nothing there."""
        chosen = self.value() or self.lookup_choices[0][0]
        for alias, label in self.lookup_choices:
            query = changelist.get_query_string({PARAMETER: alias}, remove=["queue"])
            yield {"selected": alias == chosen, "query_string": query, "display": label}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The rows are those of the alias already: see `QueueAdmin.get_queryset`."""
        return queryset


def _label(alias: str) -> str:
    database = services_for(alias).database.alias
    return alias if alias == database else f"{alias} (database {database})"
