"""Tracebacks of tasks, without the frames that led to the task."""

from collections.abc import Callable
from typing import Any


def begin_at(error: BaseException, func: Callable[..., Any]) -> None:
    """Have the traceback of a caught error begin in `func`, unless it was raised before that was called."""
    code = getattr(func, "__code__", None)
    # Whatever the exception's class makes of its attributes.
    frame = BaseException.__getattribute__(error, "__traceback__")
    while frame is not None and frame.tb_frame.f_code is not code:
        frame = frame.tb_next
    if frame is not None:
        BaseException.with_traceback(error, frame)
