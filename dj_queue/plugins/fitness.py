"""Whether a plugin fits the contract: its version, and each of its hooks, in plain English."""

import inspect
from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches

import pluggy

from dj_queue import __version__
from dj_queue.contract import VERSION, hookspecs
from dj_queue.contract.markers import PROJECT_NAME
from dj_queue.plugins.records import Origin

HOST_VERSION = ".".join(map(str, VERSION))
TAKEN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Misfit(Exception):
    """A plugin does not fit the contract; the text says how and what would be right."""


def require_contract(plugin: object, origin: Origin) -> None:
    """Refuse a plugin that was written for a contract this host does not speak.

    Raises:
        Misfit: DJ_QUEUE_CONTRACT is missing on an installed plugin, or names another contract.
    """
    wanted = getattr(plugin, "DJ_QUEUE_CONTRACT", None)
    if wanted is None:
        if origin is Origin.ENTRY_POINT:
            raise Misfit(
                "it does not say which contract it was written for; "
                f"write DJ_QUEUE_CONTRACT = {VERSION} beside its hooks"
            )
        return
    if not _is_version(wanted):
        raise Misfit(f"its DJ_QUEUE_CONTRACT is {wanted!r}; write two whole numbers, such as {VERSION}")
    major, minor = wanted
    if (major, minor) > VERSION:
        raise Misfit(f"it needs plugin contract {major}.{minor}, {_host()}; upgrade dj-queue")
    if major < VERSION[0]:
        raise Misfit(f"it was written for plugin contract {major}.{minor}, {_host()}; upgrade the plugin")


def manager_for(plugin: object, name: str) -> pluggy.PluginManager:
    """A pluggy manager that knows this plugin alone, so that no other can answer or fail for it.

    Raises:
        Misfit: its hooks are not those of the contract; the text names every problem.
    """
    manager = pluggy.PluginManager(PROJECT_NAME)
    manager.add_hookspecs(hookspecs)
    problems = list(_problems(plugin, manager))
    if problems:
        raise Misfit("; ".join(problems))
    manager.register(plugin, name)
    if not manager.get_hookcallers(plugin):
        raise Misfit("it has no hook; mark at least one function with @dj_queue.contract.hookimpl")
    return manager


def hooks_of(plugin: object, manager: pluggy.PluginManager) -> tuple[str, ...]:
    """The hooks of this host that the plugin answers, sorted."""
    callers = manager.get_hookcallers(plugin) or []
    return tuple(sorted(caller.name for caller in callers if caller.has_spec()))


def _problems(plugin: object, manager: pluggy.PluginManager) -> Iterator[str]:
    for attribute in dir(plugin):
        marks = manager.parse_hookimpl_opts(plugin, attribute)
        if marks is None:
            yield from _forgotten_mark(plugin, attribute, manager)
            continue
        name = marks.get("specname") or attribute
        given = _given(manager, name)
        if given is None:
            if not marks.get("optionalhook"):
                yield _unknown_hook(name, manager)
            continue
        if marks.get("wrapper") or marks.get("hookwrapper"):
            yield f"{attribute} is a wrapper; plugins are called one by one: drop wrapper=True"
            continue
        yield from _call_problems(attribute, getattr(plugin, attribute), given)


def _forgotten_mark(plugin: object, name: str, manager: pluggy.PluginManager) -> Iterator[str]:
    if _given(manager, name) is None:
        return
    found = getattr(plugin, name)
    if inspect.isroutine(found) and not hasattr(found, f"{PROJECT_NAME}_spec"):
        yield f"{name} is never called without its mark; write @dj_queue.contract.hookimpl above it"


def _unknown_hook(name: str, manager: pluggy.PluginManager) -> str:
    near = get_close_matches(name, vars(manager.hook), 1)
    advice = f"did you mean {near[0]}?" if near else "see the hooks reference"
    return (
        f"{name} is no hook of plugin contract {HOST_VERSION} ({advice}); "
        "mark it @hookimpl(optionalhook=True) if another version of dj-queue has it"
    )


def _call_problems(name: str, function: Callable[..., object], given: Collection[str]) -> Iterator[str]:
    all_given = ", ".join(given)
    if inspect.iscoroutinefunction(function):
        yield f"{name} is an async function; hooks are called, not awaited: write a plain def"
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind not in TAKEN:
            yield f"{name} takes '{parameter}'; name the arguments it wants, out of: {all_given}"
        elif parameter.name not in given:
            yield f"{name} takes {parameter.name!r}, which is not given; it can take: {all_given}"
        elif parameter.default is not parameter.empty:
            yield f"{name} gives {parameter.name!r} a default; drop it, arguments are always given"


def _given(manager: pluggy.PluginManager, name: str) -> tuple[str, ...] | None:
    caller = vars(manager.hook).get(name)
    return tuple(caller.spec.argnames) if caller is not None and caller.spec else None


def _is_version(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(type(part) is int for part in value)


def _host() -> str:
    return f"dj-queue {__version__} speaks {HOST_VERSION}"
