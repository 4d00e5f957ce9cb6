"""Per-task options as decorators; each stacks with `@task` in either order."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django.tasks import Task

from dj_queue.exceptions import DispatchPolicyError
from dj_queue.operations.policy import ON_CONFLICT, ON_CRASH, RetryPolicy, check_key
from dj_queue.operations.redaction import check_mark
from dj_queue.task_types import AnyTask

NAME_PARAMETERS = 'name the parameters, @sensitive("pin")'

type Decorated = Callable[..., Any] | AnyTask


def _refuses_bare[F: Callable[..., Any]](use: str) -> Callable[[F], F]:
    """Refuse an option that is written without its arguments and so is given the task: say what to write instead."""

    def wrap(option: F) -> F:
        @wraps(option)
        def checked(*args: Any, **kwargs: Any) -> Any:
            if any(callable(arg) or isinstance(arg, Task) for arg in args):
                raise DispatchPolicyError(f"@{option.__name__}: {use}")
            return option(*args, **kwargs)

        return cast("F", checked)

    return wrap


@_refuses_bare('say for which jobs, @concurrency(key="account:{account_id}")')
def concurrency[T: Decorated](
    *,
    key: str | Callable[..., str],
    limit: int = 1,
    duration: float | None = None,
    on_conflict: str = "block",
) -> Callable[[T], T]:
    """At most `limit` jobs of one key run at once.

    Args:
        key: a template such as `"account:{account_id}"` over the task's arguments, or a callable given them.
        limit: how many jobs of one key may be admitted at once.
        duration: seconds an admitted job may wait for a worker before its slot goes to another.
        on_conflict: `block` makes further jobs wait, `discard` ends them.

    Raises:
        DispatchPolicyError: a value is not one of these, or the template names no parameter of the task.
    """
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise DispatchPolicyError(f"concurrency(limit={limit!r}): use a whole number of at least 1")
    if on_conflict not in ON_CONFLICT:
        raise DispatchPolicyError(
            f"concurrency(on_conflict={on_conflict!r}): use one of {', '.join(ON_CONFLICT)}"
        )
    values = {
        "concurrency_key": key,
        "concurrency_limit": limit,
        "concurrency_duration": duration,
        "on_conflict": on_conflict,
    }
    return _storing(values, partial(check_key, key=key))


@_refuses_bare("say how often, @retry(max_attempts=3)")
def retry[T: Decorated](
    *,
    max_attempts: int,
    backoff: float | Callable[[int], float] = 2.0,
    jitter: float = 0.1,
    on: tuple[type[BaseException], ...] = (Exception,),
    give_up_on: tuple[type[BaseException], ...] = (),
) -> Callable[[T], T]:
    """Run a failed job again, up to `max_attempts` attempts in all.

    Args:
        max_attempts: attempts in all, the first included.
        backoff: seconds before the second attempt, doubled for each further one up to an hour; or a callable
            from the number of the failed attempt to seconds.
        jitter: the part of each delay that is random, 0 to 1.
        on: exceptions that are worth another attempt.
        give_up_on: exceptions that never are, even when `on` has them.

    Raises:
        DispatchPolicyError: a value is not one of these.
    """
    if isinstance(max_attempts, bool) or not isinstance(max_attempts, int) or max_attempts < 1:
        raise DispatchPolicyError(f"retry(max_attempts={max_attempts!r}): use a whole number of at least 1")
    if not callable(backoff) and not backoff >= 0:
        raise DispatchPolicyError(f"retry(backoff={backoff!r}): use seconds of at least 0, or a callable")
    if not 0 <= jitter <= 1:
        raise DispatchPolicyError(f"retry(jitter={jitter!r}): use a number from 0 to 1")
    return _storing(
        {"retry_policy": RetryPolicy(max_attempts, backoff, jitter, tuple(on), tuple(give_up_on))}
    )


@_refuses_bare('say what becomes of the job, @on_crash("fail")')
def on_crash[T: Decorated](action: str) -> Callable[[T], T]:
    """What becomes of a job whose process died while it ran: `retry` (the default) or `fail`.

    Raises:
        DispatchPolicyError: the action is neither.
    """
    if action not in ON_CRASH:
        raise DispatchPolicyError(f"on_crash({action!r}): use one of {', '.join(ON_CRASH)}")
    return _storing({"on_crash": action})


@_refuses_bare(NAME_PARAMETERS)
def sensitive[T: Decorated](*names: str) -> Callable[[T], T]:
    """Keep these arguments from being shown: in the admin, in stored tracebacks, in texts of concurrency keys.

    Args:
        names: parameters of the task's function; `return` stands for what it returns.

    Raises:
        DispatchPolicyError: no name is given, or there is no such parameter.
    """
    if not names:
        raise DispatchPolicyError(f"@sensitive(): {NAME_PARAMETERS}")

    def check(func: Callable[..., Any]) -> None:
        for name in names:
            check_mark(func, name)

    return _storing({"sensitive": names}, check)


def _storing[T: Decorated](
    values: dict[str, Any], check: Callable[[Callable[..., Any]], None] | None = None
) -> Callable[[T], T]:
    """Store these as attributes of the task's function, once `check` has nothing against it."""

    def store(target: T) -> T:
        func = target.func if isinstance(target, Task) else target
        if check is not None:
            check(func)
        for name, value in values.items():
            setattr(func, name, value)
        return target

    return store
