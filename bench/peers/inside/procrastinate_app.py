"""Procrastinate's app: for workers on asyncio, for the client without."""

import os

import bench_marks
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

URL = os.environ["PEER_DATABASE_URL"]


async def nothing(number):
    """Return at once."""
    return number


async def mark(sent):
    """Write down when it started."""
    return bench_marks.write(sent)


def with_tasks(connector):
    """An app that knows both tasks."""
    made = App(connector=connector)
    for task in (nothing, mark):
        made.task(task, name=task.__name__)
    return made


app = with_tasks(PsycopgConnector(conninfo=URL))


def opened_client():
    """An app that enqueues."""
    made = with_tasks(SyncPsycopgConnector(conninfo=URL))
    made.open()
    return made
