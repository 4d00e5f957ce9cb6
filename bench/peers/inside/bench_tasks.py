"""The tasks of every peer that is a backend of Django's tasks."""

import bench_marks
from django.tasks import task


@task
def nothing(number):
    """Return at once."""
    return number


@task
def mark(sent):
    """Write down when it started."""
    return bench_marks.write(sent)
