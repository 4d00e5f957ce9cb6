"""Tasks that write down each of their runs outside every database."""

import asyncio
import os
import time
from pathlib import Path

from django.tasks import task

from dj_queue.api import concurrency, retry
from tests.faults import failpoints

SLICE = 0.005


def _note(context, folder, event, key=""):
    # One write of less than a page to a file opened for appending is not torn by others.
    line = f"{event} {context.task_result.id} {context.attempt} {os.getpid()} {time.monotonic()} {key}\n"
    descriptor = os.open(Path(folder) / "runs", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(descriptor, line.encode())
    os.close(descriptor)


@task(takes_context=True)
def work(context, folder, number):
    """Runs for a moment."""
    _note(context, folder, "start")
    time.sleep(SLICE)
    failpoints.reach(failpoints.IN_TASKS)
    _note(context, folder, "end")
    return number


@task(takes_context=True)
async def awork(context, folder, number):
    """The same on the loop."""
    _note(context, folder, "start")
    await asyncio.sleep(SLICE)
    _note(context, folder, "end")
    return number


@concurrency(key="fault:{key}", limit=1)
@task(takes_context=True)
def keyed(context, folder, number, key):
    """One at a time for each key."""
    _note(context, folder, "start", key)
    time.sleep(SLICE)
    _note(context, folder, "end", key)
    return number


@retry(max_attempts=10, backoff=0.01)
@task(takes_context=True)
def stubborn(context, folder, number):
    """Fails at its first attempt, by itself or by a crash; its next one ends well."""
    _note(context, folder, "start")
    if context.attempt == 1:
        raise RuntimeError("on purpose")
    _note(context, folder, "end")
    return number


@task(takes_context=True)
def failing(context, folder, number):
    """Comes to its end and fails for good."""
    _note(context, folder, "start")
    _note(context, folder, "end")
    raise RuntimeError("on purpose")


@task(takes_context=True)
def lasting(context, folder, number):
    """Runs until the file `go` is there."""
    _note(context, folder, "start")
    while not (Path(folder) / "go").exists():
        time.sleep(SLICE)
    _note(context, folder, "end")
    return number
