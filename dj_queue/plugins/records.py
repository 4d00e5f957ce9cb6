"""What the host knows of a plugin: where it comes from, and whether it is loaded, broken or off."""

from dataclasses import dataclass, field
from enum import StrEnum


class Origin(StrEnum):
    """Where the host heard of a plugin."""

    BUILT_IN = "built-in"
    ENTRY_POINT = "entry point"
    OPTIONS = "OPTIONS"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class PluginRecord:
    """One plugin by name, with the distribution that ships it where one does."""

    name: str
    distribution: str | None
    version: str | None
    origin: Origin

    @property
    def label(self) -> str:
        """How messages name it, such as `plugin "acme" (acme-queue 1.0.0)`."""
        if self.distribution is None:
            return f'plugin "{self.name}" ({self.origin})'
        return f'plugin "{self.name}" ({self.distribution} {self.version or "of unknown version"})'


@dataclass(frozen=True, slots=True)
class LoadedPlugin(PluginRecord):
    """A plugin that fits the contract. `plugin` is the module or object that holds its hooks."""

    hooks: tuple[str, ...]
    plugin: object = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class BrokenPlugin(PluginRecord):
    """A plugin that could not be loaded, and why."""

    error: str
    cause: BaseException | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class DisabledPlugin(PluginRecord):
    """A plugin that was never imported, and what keeps it out."""

    reason: str
