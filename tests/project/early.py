"""A module of tasks that is imported before the apps are ready."""

from django.tasks import task


@task
def early(value):
    return value
