"""Tasks that the tests enqueue; worker processes find them by their paths."""

import asyncio
import gc
import os
import sys
import time
from pathlib import Path

from asgiref.sync import sync_to_async
from django.db import connections
from django.tasks import task

from dj_queue.api import concurrency, on_crash, retry, sensitive


@task
def add(a, b):
    return a + b


@task
def fail(text):
    raise ValueError(text)


@task
def note(path, line):
    with Path(path).open("a") as file:
        file.write(f"{line}\n")


@task
def nap(seconds):
    time.sleep(seconds)
    return seconds


@task
def note_and_nap(path, seconds):
    Path(path).touch()
    time.sleep(seconds)
    return seconds


@task
async def anap(seconds):
    await asyncio.sleep(seconds)
    return seconds


@task
def leave(code):
    sys.exit(code)


@task
def vanish(code):
    os._exit(code)


@task
def signal_self(number):
    os.kill(os.getpid(), number)
    time.sleep(30)


@on_crash("fail")
@task
def vanish_once(code):
    os._exit(code)


@task
def repeat(text, times):
    return text * times


@task
def give_back(value):
    return {"set": {1, 2}} if value == "set" else float("nan")


@task(takes_context=True)
def attempt_number(context):
    return context.attempt


@retry(max_attempts=3, backoff=0.01)
@task(takes_context=True)
def third_time(context):
    if context.attempt < 3:
        raise RuntimeError(f"attempt {context.attempt}")
    return context.attempt


@retry(max_attempts=3, backoff=600, jitter=0)
@task
def patient():
    raise RuntimeError("not yet")


@sensitive("secret")
@task
def refuse_secret(user, secret, body):
    raise ValueError(f"no such user {user} with {secret!r} and {body['token']}")


def broken_backoff(attempt):
    raise RuntimeError("no such delay")


@retry(max_attempts=2, backoff=broken_backoff)
@sensitive("secret")
@task
def refuse_secret_and_break(secret):
    raise ValueError(f"wrong: {secret}")


@sensitive("secret", "return")
@concurrency(key="secret:{secret}", limit=1)
@task
def per_secret(secret):
    return {"echo": secret}


@concurrency(key="account:{account}", limit=1)
@task
def per_account(account, path=None, seconds=0.0):
    if path:
        with Path(path).open("a") as file:
            file.write(f"start {account}\n")
        time.sleep(seconds)
        with Path(path).open("a") as file:
            file.write(f"end {account}\n")
    return account


@concurrency(key="single", limit=1, on_conflict="discard")
@task
def singleton():
    return "ran"


@task(takes_context=True)
def hold(context, folder, name):
    """Runs from the line in its ledger until someone makes the file `go`."""
    _write(folder, f"start {name} {context.attempt} {os.getpid()}")
    while not (Path(folder) / "go").exists():
        time.sleep(0.01)
    _write(folder, f"end {name} {context.attempt} {os.getpid()}")
    return name


@task(takes_context=True)
async def ahold(context, folder, name):
    """`hold`, on the loop."""
    _write(folder, f"start {name} {context.attempt} {os.getpid()}")
    while not (Path(folder) / "go").exists():
        await asyncio.sleep(0.01)
    _write(folder, f"end {name} {context.attempt} {os.getpid()}")
    return name


def _write(folder, line):
    with (Path(folder) / "ledger").open("a") as file:
        file.write(f"{line}\n")


@task
async def hold_in_executor(folder, name):
    """Waits in a thread that Python would wait for at its end."""
    await sync_to_async(_hold)(folder, name)


@task
async def block_loop(folder, name):
    """Lets nothing else run on the loop."""
    _hold(folder, name)


def _hold(folder, name):
    _write(folder, f"start {name} 1 {os.getpid()}")
    while not (Path(folder) / "go").exists():
        time.sleep(0.01)


@task
def connection_id(database):
    """Which of the server's connections this thread has."""
    connection = connections[database]
    function = "pg_backend_pid" if connection.vendor == "postgresql" else "connection_id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}()")
        return cursor.fetchone()[0]


@task
def loaded_before_the_fork():
    """How many objects no collection of this process walks."""
    return gc.get_freeze_count()
