"""Asks and tells plugins, each by itself: factories fail fast by name, broadcasts harm nobody."""

from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

import pluggy

from dj_queue.contract import ConfigSourceError, PluginOptionsError
from dj_queue.exceptions import PluginError
from dj_queue.plugins.broadcaster import Broadcaster
from dj_queue.plugins.failures import Failures, OnError
from dj_queue.plugins.fitness import Misfit, manager_for
from dj_queue.plugins.overdue import CallsUnderWay
from dj_queue.plugins.records import (
    BrokenPlugin,
    DisabledPlugin,
    LoadedPlugin,
    Origin,
    PluginRecord,
)


class Answer(NamedTuple):
    """What one plugin gave."""

    plugin: LoadedPlugin
    value: Any

    def goes_by(self, name: str) -> bool:
        """Whether an option that says `name` means this answer."""
        return name in {self.plugin.name, getattr(self.value, "name", None)}

    def __str__(self) -> str:
        return f"{getattr(self.value, 'name', self.plugin.name)!r} from {self.plugin.label}"


class PluginHost:
    """The plugins of one backend alias. Holds no connection and no thread: it may cross a fork."""

    def __init__(self, plugins: Iterable[PluginRecord], *, options_path: str = "OPTIONS") -> None:
        """Host these plugins, asked and told in this order.

        Raises:
            PluginError: two of them go by one name, or one does not fit the contract.
        """
        records = tuple(plugins)
        self.plugins = tuple(each for each in records if isinstance(each, LoadedPlugin))
        self.broken = tuple(each for each in records if isinstance(each, BrokenPlugin))
        self.disabled = tuple(each for each in records if isinstance(each, DisabledPlugin))
        self._options_path = options_path
        self._failures = Failures()
        self.calls = CallsUnderWay()
        _refuse_namesakes((*self.plugins, *self.broken))
        self._managers = {plugin.name: _manager(plugin) for plugin in self.plugins}

    def require_sound(self) -> None:
        """Refuse to go on with a broken plugin.

        Raises:
            PluginError: names every broken plugin and what is wrong with it.
        """
        if self.broken:
            lines = [f"{plugin.label}: {plugin.error}" for plugin in self.broken]
            raise PluginError("\n".join(lines)) from self.broken[0].cause

    def ask_all(self, hook: str, /, **facts: object) -> list[Answer]:
        """What every plugin gives, each asked by itself; those that give None are left out.

        Raises:
            PluginError: a plugin raised; the text names it and the hook.
            ConfigSourceError: a plugin's config source is there but cannot be read.
            PluginOptionsError: a plugin's own options cannot work.
        """
        return self.ask_these({plugin.name for plugin in self.plugins}, hook, **facts)

    def ask_these(self, names: Container[str], hook: str, /, **facts: object) -> list[Answer]:
        """As `ask_all`, of the plugins with these names alone."""
        plugins = [plugin for plugin in self._answering(hook, facts) if plugin.name in names]
        return [answer for plugin in plugins for answer in self._ask_or_blame(plugin, hook, facts)]

    def ask_one(self, hook: str, wanted: str | None, /, **facts: object) -> Any:
        """The one answer to a hook, or None. The core's own counts only where nobody else answers.

        Args:
            hook: the hook's name.
            wanted: the name of a plugin, or of what it gives, where an option settles the matter.
            **facts: the hook's arguments.

        Raises:
            PluginError: a plugin raised, several answer, or nobody gives what is wanted.
            PluginOptionsError: a plugin's own options cannot work.
        """
        answers = self.ask_all(hook, **facts)
        if wanted is not None:
            answers = self._wanted(hook, wanted, answers)
        others = [each for each in answers if each.plugin.origin is not Origin.BUILT_IN]
        if len(others) > 1:
            labels = " and ".join(each.plugin.label for each in others)
            raise PluginError(
                f"{labels} all answer {hook}; name one of them in {self._option(hook)}, "
                f"or put the others in {self._options_path}['disabled_plugins']"
            )
        chosen = others or answers
        return chosen[0].value if chosen else None

    def collect(self, hook: str, /, **facts: object) -> list[Answer]:
        """What every plugin gives, in isolation: one that raises is noted and left out."""
        answers: list[Answer] = []
        for plugin in self._answering(hook, facts):
            try:
                answers += self._ask(plugin, hook, facts)
            except (Exception, SystemExit) as error:  # noqa: BLE001 - its own answer is all it may cost
                self._failures.note(plugin, hook, error)
        return answers

    def broadcaster(self, hook: str) -> Broadcaster | None:
        """What tells every plugin that listens to this hook, or None where nobody does."""
        listening = [plugin for plugin in self.plugins if hook in plugin.hooks]
        if not listening:
            return None
        callers = [(plugin, self._caller(plugin, hook)) for plugin in listening]
        return Broadcaster(hook, callers, self._failures, self.calls)

    def failures(self) -> dict[tuple[str, str], int]:
        """How often each (plugin name, hook) has failed in this process."""
        return self._failures.counts()

    @property
    def on_error(self) -> OnError | None:
        """Told once of each isolated failure: (plugin, hook, exception)."""
        return self._failures.on_error

    @on_error.setter
    def on_error(self, callback: OnError | None) -> None:
        self._failures.on_error = callback

    def _answering(self, hook: str, facts: Mapping[str, object]) -> list[LoadedPlugin]:
        plugins = [plugin for plugin in self.plugins if hook in plugin.hooks]
        if plugins:
            _require_facts(self._caller(plugins[0], hook), facts)
        return plugins

    def _ask(self, plugin: LoadedPlugin, hook: str, facts: Mapping[str, object]) -> list[Answer]:
        caller = self._caller(plugin, hook)
        call = self.calls.began(plugin, hook)
        try:
            with self.calls.watching():
                given = caller(**facts)
        finally:
            self.calls.ended(call)
        values = [given] if caller.spec and caller.spec.opts["firstresult"] else given
        return [Answer(plugin, value) for value in values if value is not None]

    def _ask_or_blame(self, plugin: LoadedPlugin, hook: str, facts: Mapping[str, object]) -> list[Answer]:
        try:
            return self._ask(plugin, hook, facts)
        except (ConfigSourceError, PluginOptionsError):
            raise
        except (Exception, SystemExit) as error:
            text = f"{plugin.label} failed in {hook}: {type(error).__name__}: {error}"
            raise PluginError(text) from error

    def _caller(self, plugin: LoadedPlugin, hook: str) -> pluggy.HookCaller:
        caller: pluggy.HookCaller = getattr(self._managers[plugin.name].hook, hook)
        return caller

    def _wanted(self, hook: str, wanted: str, answers: list[Answer]) -> list[Answer]:
        meant = [answer for answer in answers if answer.goes_by(wanted)]
        if meant:
            return meant
        there = ", ".join(map(str, answers)) or "none"
        raise PluginError(f"{self._option(hook)} is {wanted!r}, but no plugin gives it; there is: {there}")

    def _option(self, hook: str) -> str:
        return f"{self._options_path}[{hook.removeprefix('dj_queue_')!r}]"


def _manager(plugin: LoadedPlugin) -> pluggy.PluginManager:
    try:
        return manager_for(plugin.plugin, plugin.name)
    except Misfit as error:
        raise PluginError(f"{plugin.label}: {error}") from error


def _refuse_namesakes(plugins: Iterable[PluginRecord]) -> None:
    seen: dict[str, PluginRecord] = {}
    for plugin in plugins:
        other = seen.setdefault(plugin.name, plugin)
        if other is not plugin:
            raise PluginError(
                f"{other.label} and {plugin.label} go by one name; rename or uninstall one of them"
            )


def _require_facts(caller: pluggy.HookCaller, facts: Mapping[str, object]) -> None:
    expected = set(caller.spec.argnames) if caller.spec else set()
    if expected != set(facts):
        raise TypeError(f"{caller.name} is asked with {sorted(facts)}, but it gives {sorted(expected)}")
