"""Finds plugins and loads those that may be; a broken one becomes a record, not an exception."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence

from dj_queue.exceptions import PluginError
from dj_queue.plugins import sources
from dj_queue.plugins.fitness import Misfit, hooks_of, manager_for, require_contract
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.records import (
    BrokenPlugin,
    DisabledPlugin,
    LoadedPlugin,
    Origin,
    PluginRecord,
)
from dj_queue.plugins.selection import selection
from dj_queue.plugins.sources import Candidate


def load_host(
    builtin: Sequence[str],
    *,
    extra: Sequence[str] = (),
    disabled: Collection[str] = (),
    environment: Mapping[str, str] | None = None,
    options_path: str = "OPTIONS",
) -> PluginHost:
    """A host with every plugin that may be loaded; `load_plugins` says what the arguments mean.

    Raises:
        PluginError: the lists are wrong, or two plugins go by one name.
    """
    records = load_plugins(
        builtin,
        extra=extra,
        disabled=disabled,
        environment=environment,
        options_path=options_path,
    )
    return PluginHost(records, options_path=options_path)


def load_plugins(
    builtin: Sequence[str],
    *,
    extra: Sequence[str] = (),
    disabled: Collection[str] = (),
    environment: Mapping[str, str] | None = None,
    options_path: str = "OPTIONS",
) -> tuple[PluginRecord, ...]:
    """Every plugin found: installed ones by name, then those OPTIONS name, then the core's own.

    Args:
        builtin: dotted paths of the core's own plugins.
        extra: what `OPTIONS["plugins"]` holds: dotted paths of modules, classes or objects.
        disabled: what `OPTIONS["disabled_plugins"]` holds: names.
        environment: where the allow and deny lists stand; None for this process's own.
        options_path: how messages call the OPTIONS, such as `TASKS['default']['OPTIONS']`.

    Raises:
        PluginError: the lists are wrong.
    """
    chosen = selection(os.environ if environment is None else environment, disabled, options_path)
    candidates = [
        *sources.installed(),
        *sources.named(extra, options_path),
        *sources.built_in(builtin),
    ]
    reasons = [(candidate, chosen.keeps_out(candidate)) for candidate in candidates]
    names = {candidate.name for candidate in candidates}
    return (*_load_all(reasons), *chosen.strangers(names))


def load_object(plugin: object, name: str) -> LoadedPlugin:
    """A plugin that stands in this process already, such as one that a test defines.

    Raises:
        PluginError: its hooks do not fit the contract.
    """
    record = _load(Candidate(name, None, None, Origin.OPTIONS, lambda: plugin))
    if isinstance(record, BrokenPlugin):
        raise PluginError(f"{record.label}: {record.error}") from record.cause
    return record


def _load_all(reasons: Sequence[tuple[Candidate, str | None]]) -> Iterator[PluginRecord]:
    seen: dict[int, LoadedPlugin] = {}
    for candidate, reason in reasons:
        record = DisabledPlugin(*_identity(candidate), reason) if reason else _load(candidate)
        if isinstance(record, LoadedPlugin):
            first = seen.setdefault(id(record.plugin), record)
            if first is not record:
                record = DisabledPlugin(*_identity(candidate), f"loaded already as {first.label}")
        yield record


def _load(candidate: Candidate) -> LoadedPlugin | BrokenPlugin:
    try:
        plugin = sources.instance_of(candidate.load())
        require_contract(plugin, candidate.origin)
        hooks = hooks_of(plugin, manager_for(plugin, candidate.name))
    except Misfit as error:
        return BrokenPlugin(*_identity(candidate), str(error), error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - importing a plugin runs its code
        return BrokenPlugin(*_identity(candidate), f"{type(error).__name__}: {error}", error)
    return LoadedPlugin(*_identity(candidate), hooks, plugin)


def _identity(plugin: PluginRecord) -> tuple[str, str | None, str | None, Origin]:
    return plugin.name, plugin.distribution, plugin.version, plugin.origin
