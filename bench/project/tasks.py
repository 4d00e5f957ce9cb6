"""The tasks that are measured; they do next to nothing, so that what is measured is the queue."""

import asyncio
import os
import time
from functools import cache
from typing import Any

from django.tasks import task

MARKS = "DJ_QUEUE_BENCH_MARKS"
"""The variable that names the file into which `mark` writes."""


@task
def nothing(number: int) -> int:
    """Return at once."""
    return number


@task
async def nothing_async(number: int) -> int:
    """Return at once, on a worker's loop."""
    return number


@task
async def wait(seconds: float) -> float:
    """Wait for so many seconds, on a worker's loop."""
    await asyncio.sleep(seconds)
    return seconds


@task
def mark(sent: int) -> int:
    """Write down when it was enqueued and when it started, in nanoseconds of the machine's clock."""
    started = time.monotonic_ns()
    os.write(_marks(), b"%d %d\n" % (sent, started))
    return started - sent


@cache
def _marks() -> int:
    return os.open(os.environ[MARKS], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def call(measured: Any, *args: Any) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """One entry for `enqueue_all`."""
    return measured, args, {}
