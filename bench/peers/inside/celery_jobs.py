"""Celery, through its own API."""

import celery_app
import redis

REDIS = redis.Redis.from_url(celery_app.URL)


def setup():
    """Leave nothing of the measurement before."""
    REDIS.flushall()


def enqueue(number):
    """One job that does nothing, sent."""
    celery_app.nothing.delay(number)


def enqueue_mark(sent):
    """One job that says when it started."""
    celery_app.mark.delay(sent)


def enqueue_many(numbers):
    """It has no bulk call: one producer, as often as needed."""
    with celery_app.app.producer_or_acquire() as producer:
        for number in numbers:
            celery_app.nothing.apply_async((number,), producer=producer)


def ended():
    """How many results there are."""
    return sum(1 for _ in REDIS.scan_iter("celery-task-meta-*", count=5000))


def close():
    """Leave no connection open."""
    REDIS.close()
