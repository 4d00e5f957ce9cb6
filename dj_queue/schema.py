"""The queue's schema on one database: tuned after migrate, looked at before boot."""

import time
from importlib import import_module
from pkgutil import iter_modules

from django.db import Error, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from dj_queue.exceptions import DatabaseNotReady
from dj_queue.models import Job
from dj_queue.services import Services, queue_aliases, services_for

APP_LABEL = "dj_queue"
TRIES = 10
PAUSE = 0.1
"""Seconds before the next try."""


def tune(database_alias: str) -> None:
    """Let the dialect that serves this database create its indexes and settings; does so again harmlessly."""
    connection = connections[database_alias]
    if Job._meta.db_table not in connection.introspection.table_names():
        return
    for alias in queue_aliases():
        services = services_for(alias)
        if services.database.alias != database_alias:
            continue
        _tune(services)


def _tune(services: Services) -> None:
    """Look again where a statement failed: another node may have made the same index at the same moment."""
    connection = connections[services.database.alias]
    for number in range(1, TRIES + 1):
        try:
            with connection.schema_editor() as schema_editor:
                services.dialect.tune_schema(schema_editor)
        except Error:
            if number == TRIES:
                raise
            time.sleep(PAUSE)
        else:
            return


def what_is_missing(database_alias: str) -> str | None:
    """What this database lacks before a queue can work on it, and what to do about it; None when nothing."""
    connection = connections[database_alias]
    migrate = f"`manage.py migrate {APP_LABEL} --database {database_alias}`"
    pending = pending_migrations(database_alias)
    if pending:
        return f"database {database_alias!r} lacks the migrations {', '.join(pending)}: run {migrate}"
    table = Job._meta.db_table
    if table in connection.introspection.table_names():
        return None
    # Django records a migration as applied also where the router kept its tables out.
    forget = f"`manage.py migrate {APP_LABEL} zero --fake --database {database_alias}`"
    return (
        f"database {database_alias!r} has no table {table} though its migrations are recorded: "
        f"run {forget}, then {migrate}"
    )


def require_ready(database_alias: str) -> None:
    """Refuse a database that a queue cannot work on yet.

    Raises:
        DatabaseNotReady: its text says what is missing and what to do.
    """
    missing = what_is_missing(database_alias)
    if missing is not None:
        raise DatabaseNotReady(missing)


def pending_migrations(database_alias: str) -> list[str]:
    """The names of dj_queue's migrations that this database lacks; those of other apps are not looked at."""
    applied = MigrationRecorder(connections[database_alias]).applied_migrations()
    return [f"{APP_LABEL}.{name}" for name in _migration_names() if (APP_LABEL, name) not in applied]


def _migration_names() -> list[str]:
    """Every migration there is, from the module that MIGRATION_MODULES names where it does."""
    module, _is_explicit = MigrationLoader.migrations_module(APP_LABEL)
    if module is None:
        return []
    modules = iter_modules(import_module(module).__path__)
    return sorted(found.name for found in modules if not found.ispkg and found.name[0] not in "_~")
