"""The hooks the core itself answers: last, where no other plugin did."""

from collections.abc import Mapping
from typing import Any

from django.db import connections

from dj_queue.contract import (
    ClaimStrategy,
    ConfigLayer,
    DatabaseInfo,
    Dialect,
    Invocation,
    WakeupTransport,
    hookimpl,
)

DJ_QUEUE_CONTRACT = (1, 0)


@hookimpl(trylast=True)
def dj_queue_dialect(database: DatabaseInfo) -> Dialect:
    """The portable dialect serves any database."""
    from dj_queue.portable.dialect import PortableDialect

    return PortableDialect(database)


@hookimpl(trylast=True)
def dj_queue_claim_strategy(
    database: DatabaseInfo, dialect: Dialect, options: Mapping[str, Any]
) -> ClaimStrategy | None:
    """SKIP LOCKED where the database has it, with a limit, and `use_skip_locked` does not forbid it; else optimistic."""
    from dj_queue.portable.claim import OPTIMISTIC, SKIP_LOCKED, PortableClaim
    from dj_queue.portable.dialect import PortableDialect

    if not isinstance(dialect, PortableDialect):
        return None
    features = connections[database.alias].features
    can_skip = features.has_select_for_update_skip_locked and features.supports_select_for_update_with_limit
    name = SKIP_LOCKED if can_skip and options.get("use_skip_locked", True) else OPTIMISTIC
    return PortableClaim(dialect, name)


@hookimpl(trylast=True)
def dj_queue_wakeup_transport(database: DatabaseInfo, options: Mapping[str, Any]) -> WakeupTransport | None:
    """Datagrams between the processes of one machine, where the platform has sockets in folders."""
    from dj_queue.portable.same_host.wakeup import IS_POSSIBLE, SameHostWakeup

    return SameHostWakeup(database, options.get("wakeup_directory")) if IS_POSSIBLE else None


@hookimpl(trylast=True)
def dj_queue_config_source(alias: str, invocation: Invocation) -> list[ConfigLayer]:
    """TASKS, the YAML file, the environment and the command line."""
    from dj_queue.portable import config_sources as sources

    layers = (
        sources.settings_layer(alias),
        sources.file_layer(invocation),
        *sources.environment_layers(invocation),
        sources.command_line_layer(invocation),
    )
    return [layer for layer in layers if layer is not None]
