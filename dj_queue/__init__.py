"""A task queue for Django's `django.tasks` that lives in the database the application already has."""

__version__ = "1.0.0"
