"""What operators see of plugins and of what serves each backend alias: rows, and their text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.records import (
    BrokenPlugin,
    DisabledPlugin,
    LoadedPlugin,
    PluginRecord,
)

ACTIVE, BROKEN, DISABLED = "active", "broken", "disabled"


@dataclass(frozen=True, slots=True)
class PluginRow:
    """One plugin: who ships it, whether it is active, and its hooks or what is the matter."""

    name: str
    distribution: str | None
    version: str | None
    origin: str
    state: str
    hooks: tuple[str, ...] = ()
    reason: str = ""
    failures: int = 0


@dataclass(frozen=True, slots=True)
class AliasRow:
    """What serves one backend alias."""

    alias: str
    database: str
    dialect: str
    claim_strategy: str
    wakeups: tuple[str, ...] = ()


def report(host: PluginHost) -> tuple[PluginRow, ...]:
    """A row for each plugin that was found: active ones first, then broken, then disabled."""
    failures: dict[str, int] = {}
    for (plugin, _hook), times in host.failures().items():
        failures[plugin] = failures.get(plugin, 0) + times
    records: list[PluginRecord] = [*host.plugins, *host.broken, *host.disabled]
    return tuple(_row(record, failures.get(record.name, 0)) for record in records)


def render(plugins: Iterable[PluginRow], aliases: Iterable[AliasRow] = ()) -> str:
    """The rows as text for a terminal or the boot log, one line each."""
    sections = [
        _section("plugins", [_plugin_cells(row) for row in plugins]),
        _section("backends", [_alias_cells(row) for row in aliases]),
    ]
    return "\n".join(section for section in sections if section)


def _row(record: PluginRecord, failures: int) -> PluginRow:
    state, reason = _standing(record)
    return PluginRow(
        record.name,
        record.distribution,
        record.version,
        str(record.origin),
        state,
        record.hooks if isinstance(record, LoadedPlugin) else (),
        reason,
        failures,
    )


def _standing(record: PluginRecord) -> tuple[str, str]:
    if isinstance(record, BrokenPlugin):
        return BROKEN, record.error
    if isinstance(record, DisabledPlugin):
        return DISABLED, record.reason
    return ACTIVE, ""


def _plugin_cells(row: PluginRow) -> tuple[str, ...]:
    shipped = f"{row.distribution} {row.version or ''}".strip() if row.distribution else "-"
    said = row.reason or ", ".join(hook.removeprefix("dj_queue_") for hook in row.hooks)
    if row.failures:
        said = f"{said} ({row.failures} failures)"
    return (row.name, shipped, row.origin, row.state, said)


def _alias_cells(row: AliasRow) -> tuple[str, ...]:
    wakeups = ", ".join(row.wakeups) or "none, polling"
    return (
        row.alias,
        f"database {row.database}",
        f"dialect {row.dialect}",
        f"claim {row.claim_strategy}",
        f"wakeup {wakeups}",
    )


def _section(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    if not rows:
        return ""
    rows = [tuple(" ".join(cell.split()) for cell in row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([title, *(f"  {line.rstrip()}" for line in lines)])
