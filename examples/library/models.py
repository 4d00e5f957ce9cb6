"""What the site stores of its own."""

from django.db import models


class Module(models.Model):
    """One module of the standard library: a job gets its id and finds the file here."""

    name = models.CharField(max_length=200, unique=True)
    path = models.CharField(max_length=500)

    def __str__(self) -> str:
        return self.name


class Tick(models.Model):
    """One firing of the demo's recurring task."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.at.isoformat()
