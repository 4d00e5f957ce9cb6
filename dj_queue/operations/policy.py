"""Per-task options: how a task's jobs share a key, run again, and are treated after a crash."""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from dj_queue.config.options import Options
from dj_queue.contract import Concurrency
from dj_queue.contract.payload_reader import is_storable
from dj_queue.exceptions import DispatchPolicyError
from dj_queue.operations.redaction import Redaction
from dj_queue.operations.signatures import named_arguments, require_parameter
from dj_queue.task_types import AnyTask

ON_CONFLICT = ("block", "discard")
ON_CRASH = ("retry", "fail")
MAX_KEY = 10_000
MAX_LIMIT = 2**31 - 1
MAX_DURATION = 10 * 365 * 86400.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a failed attempt is followed by another."""

    max_attempts: int
    """Attempts in all, the first included."""
    backoff: float | Callable[[int], float] = 2.0
    """Seconds before the second attempt, doubled for each further one up to an hour; or attempt -> seconds."""
    jitter: float = 0.1
    """The part of the delay that is random, 0 to 1."""
    on: tuple[type[BaseException], ...] = (Exception,)
    give_up_on: tuple[type[BaseException], ...] = ()

    def delay_after(self, error: BaseException, attempt: int) -> float | None:
        """Seconds until the next attempt, or None when `error` in this attempt is final."""
        if (
            attempt >= self.max_attempts
            or isinstance(error, self.give_up_on)
            or not isinstance(error, self.on)
        ):
            return None
        delay = self.backoff(attempt) if callable(self.backoff) else self.backoff * 2 ** min(attempt - 1, 40)
        delay = max(0.0, min(float(delay), LONGEST_DELAY))
        return delay * random.uniform(1 - self.jitter, 1 + self.jitter)  # noqa: S311 - no secret


LONGEST_DELAY = 3600.0


def retry_policy(task: AnyTask) -> RetryPolicy | None:
    """The task's retry option, or None: an error is then final."""
    return getattr(task.func, "retry_policy", None)


def on_crash(task: AnyTask) -> str:
    """What happens to the task's jobs whose process died: `retry` or `fail`.

    Raises:
        DispatchPolicyError: the function attribute is something else.
    """
    value = getattr(task.func, "on_crash", "retry")
    if value not in ON_CRASH:
        raise DispatchPolicyError(
            f"{task.module_path}.on_crash is {value!r}; use one of {', '.join(ON_CRASH)}"
        )
    return str(value)


def has_concurrency_key(task: AnyTask) -> bool:
    """Whether the task's jobs share concurrency keys."""
    return getattr(task.func, "concurrency_key", None) is not None


def check_key(func: Callable[..., Any], key: str | Callable[..., str]) -> None:
    """Refuse a template of keys that no arguments of the function can fill. What a callable makes shows at an enqueue.

    Raises:
        DispatchPolicyError: it is no template, or names what is no parameter.
    """
    if callable(key):
        return
    option = f"concurrency(key={key!r})"
    try:
        names = list(_names_in(str(key)))
    except ValueError as error:
        raise DispatchPolicyError(f"{option}: {error}") from None
    for name in names:
        require_parameter(func, name, option)


def concurrency_of(
    task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any], backend_alias: str, options: Options
) -> Concurrency | None:
    """The concurrency key that these arguments give the task, or None when it has no such option.

    Its text is for people, and without what the task marks sensitive; its hash is of the whole.

    Raises:
        DispatchPolicyError: the function attributes are wrong or the key cannot be made.
    """
    func = task.func
    template = getattr(func, "concurrency_key", None)
    if template is None:
        return None
    path = task.module_path
    limit = getattr(func, "concurrency_limit", 1)
    if isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= MAX_LIMIT:
        raise DispatchPolicyError(f"{path}.concurrency_limit is {limit!r}; use a whole number of at least 1")
    duration = getattr(func, "concurrency_duration", None)
    duration = options.default_concurrency_duration if duration is None else duration
    if (
        isinstance(duration, bool)
        or not isinstance(duration, int | float)
        or not 0 < duration <= MAX_DURATION
    ):
        raise DispatchPolicyError(f"{path}.concurrency_duration is {duration!r}; use seconds above 0")
    on_conflict = getattr(func, "on_conflict", "block")
    if on_conflict not in ON_CONFLICT:
        raise DispatchPolicyError(
            f"{path}.on_conflict is {on_conflict!r}; use one of {', '.join(ON_CONFLICT)}"
        )
    key = _key(task, template, args, kwargs)
    shown = Redaction(task, options.sensitive_keys).text(key, args, kwargs)
    return Concurrency(shown, hash_key(backend_alias, key), limit, float(duration), on_conflict)


def hash_key(backend_alias: str, key: str) -> str:
    """What stands for a key in indexes: keys are per backend alias and may be long."""
    return hashlib.sha256(f"{backend_alias}\0{key}".encode()).hexdigest()


def _key(task: AnyTask, template: object, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    where = f"{task.module_path}.concurrency_key"
    try:
        key = template(*args, **kwargs) if callable(template) else _filled(str(template), task, args, kwargs)
    except Exception as error:
        raise DispatchPolicyError(
            f"{where} {template!r} cannot be made from these arguments: {error!r}"
        ) from error
    if not isinstance(key, str):
        raise DispatchPolicyError(f"{where} gave {type(key).__name__}; it has to give a string")
    if len(key) > MAX_KEY or not is_storable(key):
        raise DispatchPolicyError(
            f"{where} gave a key longer than {MAX_KEY} characters, or with NUL or half characters"
        )
    return key


def _filled(template: str, task: AnyTask, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    return template.format(**named_arguments(task, args, kwargs))


def _names_in(template: str) -> Iterator[str]:
    """The arguments that a template takes, without the attributes and items that it takes of them."""
    for _text, field, spec, _conversion in Formatter().parse(template):
        if field is not None:
            yield re.split(r"[.\[]", field)[0]
            yield from _names_in(spec or "")
