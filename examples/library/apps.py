"""The app in INSTALLED_APPS."""

from django.apps import AppConfig


class LibraryConfig(AppConfig):
    """Knows modules and ticks."""

    name = "library"
    default_auto_field = "django.db.models.BigAutoField"
