"""What nobody is shown: arguments that a task marks sensitive, and values under keys such as `password`."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from dj_queue.contract.payload import escape_text
from dj_queue.operations.signatures import names_of_args, other_kwargs, require_parameter
from dj_queue.task_types import AnyTask

HIDDEN = "[hidden]"
RESULT = "return"
"""What marks the return value; no parameter can have this name."""
LONG = 6
"""Characters from which a secret is hidden inside of other words too; a shorter one only where it stands alone."""


class Redaction:
    """Hides what one task's jobs hold that is not to be seen.

    Without a task everything is hidden: what it would mark is not known.
    """

    def __init__(self, task: AnyTask | None, sensitive_keys: Iterable[str]) -> None:
        """Hide what `task` marks, and values under keys that contain one of `sensitive_keys`."""
        self._task = task
        self._marked = frozenset() if task is None else frozenset(getattr(task.func, "sensitive", ()))
        self._keys = tuple(fold(key) for key in sensitive_keys)

    def args(self, values: Any) -> Any:
        """Positional arguments without what is sensitive."""
        if self._task is None:
            return HIDDEN
        if not isinstance(values, list | tuple):
            return HIDDEN if self._marked else self.value(values)
        names = names_of_args(self._task)
        return [self._argument(name, value) for name, value in zip(names, values, strict=False)]

    def kwargs(self, values: Any) -> Any:
        """Keyword arguments without what is sensitive."""
        if self._task is None:
            return HIDDEN
        if not isinstance(values, Mapping):
            return HIDDEN if self._marked else self.value(values)
        name, others = other_kwargs(self._task, values)
        hidden = others if name in self._marked else frozenset()
        return {key: HIDDEN if key in hidden else self._argument(key, value) for key, value in values.items()}

    def result(self, value: Any) -> Any:
        """A return value without what is sensitive."""
        return HIDDEN if self._task is None or RESULT in self._marked else self.value(value)

    def value(self, value: Any) -> Any:
        """Any JSON without the values under sensitive keys."""
        if isinstance(value, Mapping):
            return {
                key: HIDDEN if self._is_sensitive(key) else self.value(item) for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value

    def text(self, text: str, args: Any, kwargs: Any) -> str:
        """A text, such as a traceback, without the sensitive parts of these arguments."""
        secrets = {*_differing(args, self.args(args)), *_differing(kwargs, self.kwargs(kwargs))}
        for secret in sorted(secrets, key=len, reverse=True):
            text = _without(secret, text)
        return text

    def _argument(self, name: str, value: Any) -> Any:
        return HIDDEN if name in self._marked or self._is_sensitive(name) else self.value(value)

    def _is_sensitive(self, key: object) -> bool:
        folded = fold(str(key))
        return any(part in folded for part in self._keys)


def check_mark(func: Callable[..., Any], name: object) -> None:
    """Refuse a mark that would hide nothing.

    Raises:
        DispatchPolicyError: the function has no such parameter.
    """
    if name != RESULT:
        require_parameter(func, name, f"sensitive({name!r})")


@lru_cache(maxsize=1024)  # an enqueue with a concurrency key folds the same names each time
def fold(key: str) -> str:
    """A key for comparison: case and punctuation do not matter."""
    return "".join(filter(str.isalnum, key.casefold()))


def _differing(value: Any, shown: Any) -> Iterator[str]:
    """The texts and numbers of `value` that are hidden in `shown`."""
    if isinstance(shown, str) and shown == HIDDEN:
        yield from _leaves(value)
    elif isinstance(value, Mapping) and isinstance(shown, Mapping):
        for key, item in value.items():
            yield from _differing(item, shown[key])
    elif isinstance(value, Sequence) and isinstance(shown, list) and not isinstance(value, str):
        for item, shown_item in zip(value, shown, strict=False):
            yield from _differing(item, shown_item)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from {value, repr(value)[1:-1], json.dumps(value)[1:-1], escape_text(value)}
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _leaves(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)


def _without(secret: str, text: str) -> str:
    if not secret.strip() or secret not in text:
        return text
    if len(secret) >= LONG:
        return text.replace(secret, HIDDEN)
    return re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", HIDDEN, text)
