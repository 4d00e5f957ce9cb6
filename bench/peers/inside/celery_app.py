"""Celery's app: Redis is broker and keeps the results."""

import os

import bench_marks
from celery import Celery

URL = os.environ["PEER_REDIS_URL"]
app = Celery("bench", broker=URL, backend=URL)
app.conf.broker_connection_retry_on_startup = True


@app.task
def nothing(number):
    """Return at once."""
    return number


@app.task
def mark(sent):
    """Write down when it started."""
    return bench_marks.write(sent)
