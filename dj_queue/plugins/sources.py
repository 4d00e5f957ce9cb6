"""Where plugins are found: the core's own list, installed distributions, a project's OPTIONS."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from dj_queue import __version__
from dj_queue.exceptions import PluginError
from dj_queue.plugins.records import Origin, PluginRecord

GROUP = "dj_queue"
"""The entry-point group of plugin distributions."""


@dataclass(frozen=True, slots=True)
class Candidate(PluginRecord):
    """A plugin that was found and not imported yet. `load` gives its module, class or object."""

    load: Callable[[], object]


def built_in(paths: Sequence[str]) -> list[Candidate]:
    """The core's own plugins. `dj_queue.portable.plugin` goes by the name `portable`."""
    return [
        Candidate(_short_name(path), "dj-queue", __version__, Origin.BUILT_IN, _importer(path))
        for path in paths
    ]


def installed() -> list[Candidate]:
    """What installed distributions offer, by name, so that the order is the same on every machine.

    Raises:
        PluginError: the metadata of some installed distribution cannot be read.
    """
    try:
        found = entry_points(group=GROUP)
    except Exception as error:
        raise PluginError(
            "the entry points of installed packages cannot be read, so no plugin can be found: "
            f"{type(error).__name__}: {error}"
        ) from error
    candidates = [_from_entry_point(entry_point) for entry_point in found]
    return sorted(candidates, key=lambda each: (each.name, each.distribution or ""))


def named(paths: Sequence[str], options_path: str) -> list[Candidate]:
    """What a project's OPTIONS name: dotted paths of modules, classes or objects.

    Raises:
        PluginError: the list is not one of dotted paths.
    """
    place = f"{options_path}['plugins']"
    if isinstance(paths, str):
        raise PluginError(f"{place} is the text {paths!r}; write a list of dotted paths, [{paths!r}]")
    for index, path in enumerate(paths):
        if not isinstance(path, str):
            raise PluginError(f"{place}[{index}] is {path!r}; write a dotted path")
    return [Candidate(path, None, None, Origin.OPTIONS, _importer(path)) for path in dict.fromkeys(paths)]


def resolve(path: str) -> object:
    """The module, or the attribute of a module, that a dotted path names.

    Raises:
        ImportError: there is no such module or attribute.
    """
    try:
        return import_module(path)
    except ModuleNotFoundError as error:
        module_path, _, attribute = path.rpartition(".")
        if not module_path or error.name != path:
            raise
    module = import_module(module_path)
    if not hasattr(module, attribute):
        raise ImportError(f"{module_path} has no module, class or object named {attribute!r}")
    found: object = getattr(module, attribute)
    return found


def instance_of(target: object) -> object:
    """The plugin itself: a class is a plugin by its one instance."""
    return target() if inspect.isclass(target) else target


def _importer(path: str) -> Callable[[], object]:
    return lambda: resolve(path)


def _short_name(path: str) -> str:
    return path.removesuffix(".plugin").rpartition(".")[2]


def _from_entry_point(entry_point: EntryPoint) -> Candidate:
    distribution = entry_point.dist
    return Candidate(
        entry_point.name,
        distribution.name if distribution else None,
        distribution.version if distribution else None,
        Origin.ENTRY_POINT,
        entry_point.load,
    )
