"""A plugin that sets the clock of its process wrong by so many seconds; what never jumps, `time.monotonic`, stays.

It is loaded while the first services are built: modules that took `datetime` before get the shifted one in its place.
"""

import datetime as datetime_module
import os
import sys
import time

from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = (1, 0)
SHIFT = "DJ_QUEUE_TEST_CLOCK_SHIFT"
REAL, REAL_TIME, REAL_TIME_NS = datetime_module.datetime, time.time, time.time_ns  # noqa: TID251
NANO = 1_000_000_000


class _AlsoReal(type):
    def __instancecheck__(cls, value):
        return isinstance(value, REAL)


class Shifted(REAL, metaclass=_AlsoReal):
    """Makes real datetimes only: nobody who looks at types sees another one."""

    def __new__(cls, *args, **kwargs):
        return REAL(*args, **kwargs)

    @classmethod
    def now(cls, tz=None):
        return REAL.now(tz) + datetime_module.timedelta(seconds=_seconds())


def _seconds():
    return float(os.environ[SHIFT])


def _install():
    time.time = lambda: REAL_TIME() + _seconds()  # noqa: TID251
    time.time_ns = lambda: REAL_TIME_NS() + int(_seconds() * NANO)
    datetime_module.datetime = Shifted
    for name, module in list(sys.modules.items()):
        if name.startswith(("dj_queue", "tests.faults")) and getattr(module, "datetime", None) is REAL:
            module.datetime = Shifted


if SHIFT in os.environ:
    _install()


@hookimpl
def dj_queue_error(process, error, where):
    """A plugin needs a hook of its own."""
