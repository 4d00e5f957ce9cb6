"""A module whose import ends the process, as a broken extension does."""

import os

from django.tasks import task

os._exit(9)


@task
def never():
    """Nobody gets here."""
