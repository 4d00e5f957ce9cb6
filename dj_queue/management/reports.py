"""What `manage.py dj_queue` prints about itself: options, plugins, and the lines of its boot."""

import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

from dj_queue import __version__
from dj_queue.config import show
from dj_queue.exceptions import ConfigurationError, PluginError
from dj_queue.plugins.report import AliasRow, render, report
from dj_queue.runtime.supervisor import Supervisor
from dj_queue.services import Services, queue_aliases, services_for


def configuration(services: Services) -> str:
    """Every option of one backend alias with its source."""
    return show.render(services.merged, services.options)


def plugins() -> tuple[str, list[str]]:
    """Every plugin and what serves each backend alias; and what is wrong where an alias cannot be served."""
    found: list[Services] = []
    problems: list[str] = []
    for alias in queue_aliases():
        try:
            found.append(services_for(alias))
        except (ConfigurationError, PluginError) as error:
            problems.append(f"backend {alias!r}: {error}")
    rows = {row.name: row for services in found for row in report(services.host)}
    return render(rows.values(), [_alias_row(services) for services in found]), problems


def boot_lines(services: Services, supervisor: Supervisor[Any]) -> Iterator[str]:
    """What starts, on what, with which plugins: one fact a line."""
    row = _alias_row(services)
    kinds = Counter(plan.kind for plan in supervisor.plans)
    actors = ", ".join(f"{count} {kind}{'s' if count > 1 else ''}" for kind, count in kinds.items())
    mode = (
        f"{services.options.mode} mode" if hasattr(os, "fork") else "async mode (this platform cannot fork)"
    )
    yield f"dj_queue {__version__}: backend {row.alias!r} in {mode}: {actors or 'nothing to run'}"
    wakeups = ", ".join(row.wakeups) or "polling alone"
    yield f"database {row.database!r}: dialect {row.dialect}, claims by {row.claim_strategy}, wakeups: {wakeups}"
    names = ", ".join(f"{plugin.name} ({plugin.origin})" for plugin in services.host.plugins)
    yield f"plugins: {names}"


def _alias_row(services: Services) -> AliasRow:
    return AliasRow(
        alias=services.alias,
        database=services.database.alias,
        dialect=services.dialect.name,
        claim_strategy=services.claim.name,
        wakeups=tuple(transport.name for transport in services.wakeups),
    )
