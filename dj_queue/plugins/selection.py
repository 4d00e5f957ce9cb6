"""Which of the plugins found may be loaded: the allow and deny lists of operators and projects."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from dj_queue.exceptions import PluginError
from dj_queue.plugins.records import DisabledPlugin, Origin, PluginRecord

ALLOW = "DJ_QUEUE_PLUGINS"
"""Environment variable: the only plugins to load beside the core's own, separated by commas."""
DENY = "DJ_QUEUE_DISABLED_PLUGINS"
"""Environment variable: plugins never to load, separated by commas."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Decides by name, before anything is imported. The core's own plugins are always loaded."""

    allowed: tuple[str, ...] | None
    """None when any plugin may be loaded."""
    denied: Mapping[str, str]
    """Each denied name with the place that denies it."""

    def keeps_out(self, plugin: PluginRecord) -> str | None:
        """Why this plugin must not be loaded, or None when it may.

        Raises:
            PluginError: a list denies one of the core's own plugins.
        """
        if plugin.origin is Origin.BUILT_IN:
            if plugin.name in self.denied:
                place = self.denied[plugin.name]
                raise PluginError(f"{place} names {plugin.name!r}, which is the core's own and cannot be off")
            return None
        if plugin.name in self.denied:
            return f"disabled by {self.denied[plugin.name]}"
        if self.allowed is not None and plugin.name not in self.allowed:
            return f"not in {ALLOW}"
        return None

    def strangers(self, found: Collection[str]) -> Iterable[DisabledPlugin]:
        """Names on the lists that no plugin goes by: not installed here, or misspelt."""
        places = {**dict.fromkeys(self.allowed or (), ALLOW), **self.denied}
        for name, place in places.items():
            if name not in found:
                reason = f"{place} names it, but no plugin of this name was found"
                yield DisabledPlugin(name, None, None, Origin.ENVIRONMENT, reason)


def selection(environment: Mapping[str, str], disabled: Collection[str], options_path: str) -> Selection:
    """The allow and deny lists that the environment and OPTIONS give together.

    Raises:
        PluginError: `OPTIONS["disabled_plugins"]` is no list of names.
    """
    place = f"{options_path}['disabled_plugins']"
    if isinstance(disabled, str):
        raise PluginError(f"{place} is the text {disabled!r}; write a list of names, [{disabled!r}]")
    allowed = _names(environment[ALLOW]) if ALLOW in environment else None
    denied = {
        **dict.fromkeys(disabled, place),
        **dict.fromkeys(_names(environment.get(DENY, "")), DENY),
    }
    return Selection(allowed, denied)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())
