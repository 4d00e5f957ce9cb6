"""Where option values come from: layers that are merged by rank, each value keeping its source."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DEFAULTS, SETTINGS, FILE, ENVIRONMENT, COMMAND_LINE = 0, 10, 20, 30, 40
"""Ranks of the core's own layers; a plugin may stand anywhere between or above."""


@dataclass(frozen=True, slots=True)
class ConfigLayer:
    """A mapping of option values in the shape of `TASKS[alias]["OPTIONS"]`; higher ranks win."""

    name: str
    """Shown to operators beside each value, such as `TASKS` or `DJ_QUEUE_MODE`."""
    rank: int
    values: Mapping[str, Any]
    prefix: str = ""
    """Path of the mapping for error messages, such as `TASKS['default']['OPTIONS']`."""
    ask_again_after: float | None = None
    """Seconds after which a running supervisor asks this source again; None: it is asked at the start alone.

    A source whose values may come later gives a layer without values, so that it is asked again.
    """


@dataclass(frozen=True, slots=True)
class Invocation:
    """How this process was started: what the command line and the environment say."""

    config_file: str | None = None
    mode: str | None = None
    only_work: bool = False
    only_dispatch: bool = False
    skip_recurring: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
