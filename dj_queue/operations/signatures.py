"""The parameters of a task's function, asked once."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, repeat
from typing import Any

from dj_queue.exceptions import DispatchPolicyError
from dj_queue.task_types import AnyTask

POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def require_parameter(func: Callable[..., Any], name: object, option: str) -> None:
    """Refuse an option that names what the function does not take.

    Raises:
        DispatchPolicyError: there is no such parameter.
    """
    known = _signature(func).parameters
    if name in known:
        return
    has = f"its parameters are {', '.join(known)}" if known else "it has no parameters"
    raise DispatchPolicyError(f"{option}: {func.__qualname__} has no parameter {name!r}; {has}")


def named_arguments(task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of their parameters, defaults included.

    Raises:
        TypeError: the function does not take these arguments.
    """
    context = (None,) if task.takes_context else ()
    call = _signature(task.func).bind(*context, *args, **kwargs)
    call.apply_defaults()
    return call.arguments


def names_of_args(task: AnyTask) -> Iterator[str]:
    """The parameter of each positional argument, without end: those that the function does not take have no name."""
    parameters = _signature(task.func).parameters.values()
    names = [parameter.name for parameter in parameters if parameter.kind in POSITIONAL]
    others = [
        parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.VAR_POSITIONAL
    ]
    return chain(names[1:] if task.takes_context else names, repeat(others[0] if others else ""))


def other_kwargs(task: AnyTask, kwargs: Mapping[str, Any]) -> tuple[str, frozenset[str]]:
    """The name of the function's `**` parameter, "" if there is none, and which of these keyword arguments it takes."""
    parameters = _signature(task.func).parameters
    found = [name for name, each in parameters.items() if each.kind is inspect.Parameter.VAR_KEYWORD]
    return (found[0] if found else ""), frozenset(kwargs) - parameters.keys()


@cache
def _signature(func: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(func)
    except (TypeError, ValueError):  # some functions written in C do not say
        return inspect.Signature()
