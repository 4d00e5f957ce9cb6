"""The Django app: wires settings changes, system checks, schema tuning and nothing else."""

from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.core.signals import setting_changed
from django.db.models.signals import post_migrate


class DjQueueConfig(AppConfig):
    """dj_queue in INSTALLED_APPS."""

    name = "dj_queue"
    label = "dj_queue"
    verbose_name = "Task queue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect receivers and the check of task backends; touches no database."""
        from django.tasks.checks import check_tasks

        checks.register(check_tasks)  # nothing in Django imports the module that would
        setting_changed.connect(_forget_services, dispatch_uid="dj_queue.services")
        post_migrate.connect(_tune_schema, sender=self, dispatch_uid="dj_queue.schema")


def _forget_services(*, setting: str, **kwargs: Any) -> None:
    from dj_queue.services import reset

    if setting in ("TASKS", "DATABASES", "TIME_ZONE"):
        reset()


def _tune_schema(*, using: str, **kwargs: Any) -> None:
    """After migrate: let the dialect of this database create what its statements need."""
    from dj_queue.schema import tune

    tune(using)
