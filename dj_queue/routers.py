"""The database router: dj_queue's tables live on the databases that its backend aliases name, and nowhere else."""

from typing import Any

from django.db.models import Model

from dj_queue.exceptions import ConfigurationError, PluginError
from dj_queue.services import queue_aliases, services_for

APP_LABEL = "dj_queue"


class DjQueueRouter:
    """Reads, writes and migrates dj_queue's models on the queue databases; has no opinion on other apps."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """The database of the instance at hand, else of the first queue alias."""
        return self._database(model, hints)

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        """The same as for reading: a queue is never read from a replica."""
        return self._database(model, hints)

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool | None:
        """Relations stay within one database."""
        if APP_LABEL not in (obj1._meta.app_label, obj2._meta.app_label):
            return None
        return obj1._state.db == obj2._state.db

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """dj_queue's tables are made on each queue database, and only there.

        While TASKS names no dj_queue backend the router has no opinion: a migration that is recorded as
        applied without its tables could not be made up for once it does. Nor has it one while options are
        wrong: the system checks, which ask too, are about to name what is.
        """
        if app_label != APP_LABEL:
            return None
        try:
            databases = queue_databases()
        except (ConfigurationError, PluginError):
            return None
        return db in databases if databases else None

    def _database(self, model: type[Model], hints: dict[str, Any]) -> str | None:
        if model._meta.app_label != APP_LABEL:
            return None
        instance = hints.get("instance")
        if instance is not None and instance._state.db is not None:
            database: str = instance._state.db
            return database
        databases = queue_databases()
        return databases[0] if databases else None


def queue_databases() -> list[str]:
    """The databases of every dj_queue backend alias; `default` comes first when it is one of them."""
    aliases = sorted(queue_aliases(), key=lambda alias: alias != "default")
    return list(dict.fromkeys(services_for(alias).database.alias for alias in aliases))
