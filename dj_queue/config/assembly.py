"""Plugins give options and options name plugins: both of one backend alias, put together."""

import math
from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings

from dj_queue.config.merge import Merged, merge
from dj_queue.contract import ConfigLayer, Invocation
from dj_queue.exceptions import PluginError
from dj_queue.plugins.host import Answer, PluginHost
from dj_queue.plugins.loading import load_host

BUILTIN_PLUGINS = ("dj_queue.plugins.lifecycle", "dj_queue.portable.plugin")
PLUGIN_OPTIONS = ("plugins", "disabled_plugins")


@dataclass(frozen=True, slots=True)
class Source:
    """What one plugin gave as a source of options."""

    plugin: str
    """The plugin's name."""
    layers: tuple[ConfigLayer, ...]
    ask_again_after: float | None
    """Seconds after which it wants to be asked again, or None."""


type Sources = tuple[Source, ...]


def assemble(alias: str, invocation: Invocation) -> tuple[PluginHost, Sources]:
    """The plugins of this alias, and those of them that give options, in their order.

    Raises:
        ConfigSourceError: a source of options is there but cannot be read.
        PluginError: a plugin is broken, or gave something else than layers.
    """
    options = settings.TASKS[alias].get("OPTIONS")
    named = options if isinstance(options, Mapping) else {}
    host, sources = _assembled(alias, named, invocation)
    values = merged_of(sources).values
    if any(_names(named, option) != _names(values, option) for option in PLUGIN_OPTIONS):
        return _assembled(alias, values, invocation)
    return host, sources


def merged_of(sources: Sources) -> Merged:
    """The options that the layers of these sources make."""
    return merge(layer for source in sources for layer in source.layers)


def ask_again(alias: str, invocation: Invocation, host: PluginHost, sources: Sources) -> Sources:
    """What the sources give now that want to be asked again; the others stay as they were.

    Raises:
        ConfigSourceError: a source of options is there but cannot be read.
        PluginError: a plugin is broken, or gave something else than layers.
    """
    names = {source.plugin for source in sources if source.ask_again_after is not None}
    answers = host.ask_these(names, "dj_queue_config_source", alias=alias, invocation=invocation)
    given = {answer.plugin.name: _source(answer) for answer in answers}
    return tuple(_renewed(source, names, given) for source in sources)


def _renewed(source: Source, asked: Container[str], given: Mapping[str, Source]) -> Source:
    if source.plugin not in asked:
        return source
    # Who gives nothing now may give something later.
    now = given.get(source.plugin, replace(source, layers=()))
    return replace(now, ask_again_after=now.ask_again_after or source.ask_again_after)


def _assembled(alias: str, options: Mapping[str, Any], invocation: Invocation) -> tuple[PluginHost, Sources]:
    host = _host(alias, options, invocation)
    answers = host.ask_all("dj_queue_config_source", alias=alias, invocation=invocation)
    return host, tuple(map(_source, answers))


def _host(alias: str, options: Mapping[str, Any], invocation: Invocation) -> PluginHost:
    host = load_host(
        BUILTIN_PLUGINS,
        extra=_names(options, "plugins"),
        disabled=_names(options, "disabled_plugins"),
        environment=invocation.environment,
        options_path=f"TASKS[{alias!r}]['OPTIONS']",
    )
    host.require_sound()
    return host


def _names(options: Mapping[str, Any], option: str) -> tuple[str, ...]:
    """What the option lists; wrong values are left for its reader to refuse."""
    value = options.get(option)
    return tuple(name for name in value if isinstance(name, str)) if isinstance(value, list | tuple) else ()


def _source(answer: Answer) -> Source:
    given = answer.value if isinstance(answer.value, list | tuple) else [answer.value]
    label = answer.plugin.label
    if not all(map(_is_layer, given)):
        raise PluginError(f"{label} answers dj_queue_config_source with something else than layers")
    for layer in given:
        _check_wait(layer, label)
    waits = [layer.ask_again_after for layer in given if layer.ask_again_after is not None]
    return Source(answer.plugin.name, tuple(given), min(waits, default=None))


def _check_wait(layer: ConfigLayer, label: str) -> None:
    wait = layer.ask_again_after
    if wait is None or (isinstance(wait, int | float) and not isinstance(wait, bool) and 0 < wait < math.inf):
        return
    raise PluginError(
        f"{label} gives the layer {layer.name!r} with ask_again_after={wait!r}; "
        "give seconds above 0, or None to be asked at the start alone"
    )


def _is_layer(value: object) -> bool:
    return (
        isinstance(value, ConfigLayer) and isinstance(value.rank, int) and isinstance(value.values, Mapping)
    )
