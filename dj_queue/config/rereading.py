"""Options read again while the queue runs: what changes at once, and what waits for the next start."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

from dj_queue.config.assembly import Sources, merged_of
from dj_queue.config.load import read_options
from dj_queue.config.merge import Merged
from dj_queue.config.options import Options, recurring_by_key

AT_START = frozenset(
    {
        "mode",
        "database_alias",
        "supervisor_pidfile",
        "process_heartbeat_interval",
        "process_alive_threshold",
        "use_skip_locked",
        "listen_notify",
        "on_thread_error",
        "dialect",
        "claim_strategy",
        "wakeup",
        "wakeup_directory",
        "plugins",
        "disabled_plugins",
        "plugin_options",
    }
)
"""Options that say what a process is built from, and those by which hosts judge each other's silence."""


@dataclass(frozen=True, slots=True)
class Reread:
    """What options read again say."""

    sources: Sources
    """What was read."""
    options: Options
    """What can hold from now on."""
    merged: Merged
    """The values of `options`, and where each came from."""
    changed: Sequence[str]
    """Names of options that differ from before."""
    waiting: Sequence[str]
    """Names of options that differ, and count from the next start only."""


def read_again(alias: str, running: Options, before: Merged, sources: Sources) -> Reread:
    """Compare what runs with what the sources say now.

    Raises:
        ConfigurationError: something is wrong with what they say, be it only for the next start.
    """
    now = merged_of(sources)
    read_options(alias, now)
    waiting = [name for name in sorted(AT_START) if now.values.get(name) != before.values.get(name)]
    merged = now.keeping(waiting, before)
    options = read_options(alias, merged)
    return Reread(sources, options, merged, _differing(running, options), waiting)


def _differing(running: Options, options: Options) -> list[str]:
    names = [field.name for field in fields(Options) if field.compare]
    return [name for name in names if _comparable(running, name) != _comparable(options, name)]


def _comparable(options: Options, name: str) -> object:
    return recurring_by_key(options) if name == "recurring" else getattr(options, name)
