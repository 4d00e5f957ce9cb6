"""Plugins give options and options name plugins: both of one backend alias, put together."""

import math
from collections.abc import Mapping
from typing import Any

from django.conf import settings

from dj_queue.config.merge import Merged, merge
from dj_queue.contract import ConfigLayer, Invocation
from dj_queue.exceptions import PluginError
from dj_queue.plugins.host import PluginHost
from dj_queue.plugins.loading import load_host

BUILTIN_PLUGINS = ("dj_queue.plugins.lifecycle", "dj_queue.portable.plugin")
PLUGIN_OPTIONS = ("plugins", "disabled_plugins")


def assemble(alias: str, invocation: Invocation) -> tuple[PluginHost, Merged]:
    """The plugins of this alias, and the options that their layers make.

    Raises:
        ConfigSourceError: a source of options is there but cannot be read.
        PluginError: a plugin is broken, or gave something else than layers.
    """
    options = settings.TASKS[alias].get("OPTIONS")
    named = options if isinstance(options, Mapping) else {}
    host = _host(alias, named, invocation)
    merged = merge(_layers(alias, host, invocation))
    if any(_names(named, option) != _names(merged.values, option) for option in PLUGIN_OPTIONS):
        host = _host(alias, merged.values, invocation)
        merged = merge(_layers(alias, host, invocation))
    return host, merged


def reassemble(alias: str, host: PluginHost, invocation: Invocation, before: Merged) -> Merged:
    """The options that the layers make now: sources that want to be asked again are, the others stay as they were.

    Raises:
        ConfigSourceError: a source of options is there but cannot be read.
        PluginError: a plugin is broken, or gave something else than layers.
    """
    asked = [layer for layer in _layers(alias, host, invocation) if layer.ask_again_after is not None]
    return merge([*(layer for layer in before.layers if layer.ask_again_after is None), *asked])


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


def _layers(alias: str, host: PluginHost, invocation: Invocation) -> list[ConfigLayer]:
    layers: list[ConfigLayer] = []
    for plugin, answer in host.ask_all("dj_queue_config_source", alias=alias, invocation=invocation):
        given = answer if isinstance(answer, list | tuple) else [answer]
        if not all(map(_is_layer, given)):
            raise PluginError(
                f"{plugin.label} answers dj_queue_config_source with something else than layers"
            )
        for layer in given:
            _check_wait(layer, plugin.label)
        layers += given
    return layers


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
