"""Tasks that do what tasks should not, and two that see whether it left a trace."""

import asyncio
import builtins
import contextlib
import os
import re
import sys
import time
from pathlib import Path

from asgiref.sync import sync_to_async
from django.db import DatabaseError, connections, transaction
from django.tasks import task
from django.utils import timezone, translation

from dj_queue.api import on_crash
from dj_queue.models import Job


@task
def raise_by_name(name):
    raise getattr(builtins, name)("on purpose")


@task
def recurse():
    recurse.call()


@task
def raise_a_long_chain(length):
    error = ValueError("first")
    for number in range(length):
        following = ValueError(str(number))
        following.__cause__ = error
        error = following
    raise error


@task
def raise_a_group(size):
    raise ExceptionGroup("many", [ValueError(str(number)) for number in range(size)])


class HostileMeta(type):
    @property
    def __module__(cls):
        sys.exit("__module__")

    def __repr__(cls):
        raise RuntimeError("__repr__")


@task
def raise_hostile():
    class Hostile(Exception, metaclass=HostileMeta):
        def __str__(self):
            raise SystemExit

        def __reduce__(self):
            raise RuntimeError("__reduce__")

    raise Hostile("\x00\ud800")


@task
def return_too_much():
    return "x" * 10_000_000


@task
def leave_a_transaction_open(database):
    transaction.atomic(using=database).__enter__()
    Job.objects.using(database).update(priority=77)


@task
def leave_a_broken_transaction(database):
    transaction.atomic(using=database).__enter__()
    with contextlib.suppress(DatabaseError):
        connections[database].cursor().execute("this is no SQL")


@task
def turn_autocommit_off(database):
    transaction.set_autocommit(False, using=database)
    Job.objects.using(database).update(priority=77)


@task
def close_the_connection(database):
    with transaction.atomic(using=database):
        Job.objects.using(database).update(priority=77)
        connections[database].close()


@task
def activate_another_world():
    translation.activate("de")
    timezone.activate("Asia/Tokyo")


@task
def look_around(database):
    """What the next task on the thread sees."""
    connection = connections[database]
    jobs = Job.objects.using(database)
    return {
        "readable": jobs.exists(),
        "autocommit": connection.get_autocommit(),
        "in_transaction": connection.in_atomic_block,
        "changed": jobs.filter(priority=77).count(),
        "language": translation.get_language(),
        "time zone": timezone.get_current_timezone_name(),
    }


@task
async def cancel_itself():
    asyncio.current_task().cancel()
    await asyncio.sleep(10)


@task
async def leave_the_loop():
    sys.exit(3)


@task
async def stop_the_loop():
    asyncio.get_running_loop().stop()
    await asyncio.sleep(0)


@task
async def leak_a_task_that_exits():
    async def leave():
        sys.exit(3)

    leaked.add(asyncio.create_task(leave()))


leaked = set()


@task
async def run_a_loop_inside():
    async def nothing(): ...

    coroutine = nothing()
    try:
        asyncio.run(coroutine)
    finally:
        coroutine.close()


@task
async def use_the_orm_at_once(database):
    Job.objects.using(database).exists()


@task
async def use_the_orm_politely(database):
    return await Job.objects.using(database).aexists()


@task
async def leave_the_shared_thread_in_a_transaction(database):
    await sync_to_async(transaction.set_autocommit)(False, using=database)


@on_crash("fail")
@task
async def run_once():
    return "ran"


@task
def starve(folder, wanted):
    """Holds the interpreter in one call, each longer than the last, until for so many seconds; returns for how long."""
    (Path(folder) / "ledger").write_text(f"start starve 1 {os.getpid()}\n")
    length, seconds = 20, 0.0
    while seconds < wanted:
        length += 1
        began = time.monotonic()
        re.match(r"(a+)+$", "a" * length + "b")
        seconds = time.monotonic() - began
    return seconds
