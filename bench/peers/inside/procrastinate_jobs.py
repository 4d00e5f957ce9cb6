"""Procrastinate, through its own API."""

import os

import procrastinate_app
import psycopg

CLIENT = procrastinate_app.opened_client()
WATCH = psycopg.connect(os.environ["PEER_DATABASE_URL"], autocommit=True)


def setup():
    """Make the tables."""
    CLIENT.schema_manager.apply_schema()


def enqueue(number):
    """One job that does nothing, committed."""
    CLIENT.tasks["nothing"].defer(number=number)


def enqueue_mark(sent):
    """One job that says when it started."""
    CLIENT.tasks["mark"].defer(sent=sent)


def enqueue_many(numbers):
    """By its bulk call."""
    CLIENT.tasks["nothing"].batch_defer(*({"number": number} for number in numbers))


def ended():
    """How many jobs have ended."""
    return WATCH.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'").fetchone()[0]


def close():
    """End the pool's threads; without this, the interpreter waits for them at its end."""
    CLIENT.close()
