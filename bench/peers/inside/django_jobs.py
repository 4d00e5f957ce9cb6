"""Peers that are backends of Django's tasks."""

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "bench_settings"
django.setup()

import bench_tasks
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction


def setup():
    """Make the tables."""
    call_command("migrate", verbosity=0)


def enqueue(number):
    """One job that does nothing, committed."""
    bench_tasks.nothing.enqueue(number)


def enqueue_mark(sent):
    """One job that says when it started."""
    bench_tasks.mark.enqueue(sent)


def enqueue_many(numbers):
    """By `enqueue_all` where there is one, else in one transaction."""
    backend = bench_tasks.nothing.get_backend()
    if hasattr(backend, "enqueue_all"):
        backend.enqueue_all([(bench_tasks.nothing, [number], {}) for number in numbers])
        return
    with transaction.atomic():
        for number in numbers:
            enqueue(number)


def ended():
    """How many jobs have ended."""
    with connection.cursor() as cursor:
        cursor.execute(settings.PROJECT["ended"])
        return cursor.fetchone()[0]


def close():
    """Leave no connection open."""
    connection.close()
