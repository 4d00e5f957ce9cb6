"""Schemas as releases made them: SQL text by migration and kind of database, recorded once and never changed.

    python -m tests.upgrades.recorded BACKEND_ALIAS

records what today's migrations make, and is run when a migration is added.
"""

import json
import os
import re
import sys
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connections

from tests.other_database import other_database

FOLDER = Path(__file__).with_name("recorded")
OURS = re.compile(r"\bdj_queue_|\bdjango_migrations\b")
LINKS = re.compile(r"\b(auth|contenttypes|django_content)")


def kind_of(services):
    """What tells one recorded schema from another."""
    connection = connections[services.database.alias]
    is_mariadb = connection.vendor == "mysql" and connection.mysql_is_mariadb
    return "mariadb" if is_mariadb else connection.vendor


def latest():
    """The name of the newest migration."""
    return max(path.stem for path in Path(django_folder()).glob("0*.py"))


def django_folder():
    """Where dj_queue's migrations are."""
    from dj_queue import migrations

    return migrations.__path__[0]


def made_by_migrations(services):
    """The statements that make the queue's schema on the alias's database, which is empty."""
    statements = []

    def note(execute, sql, params, many, context):
        if (
            re.match(r"\s*(CREATE|ALTER)\b", str(sql))
            and OURS.search(str(sql))
            and not LINKS.search(str(sql))
        ):
            statements.append(" ".join(str(sql).rstrip("; \n").split()))
        return execute(sql, params, many, context)

    with connections[services.database.alias].execute_wrapper(note):
        call_command("migrate", "dj_queue", database=services.database.alias, verbosity=0)
    return statements


def path_of(kind, migration):
    """Where the schema of this kind of database after this migration is recorded."""
    return FOLDER / migration / f"{kind}.sql"


def text_of(statements):
    """As it is recorded."""
    return "".join(f"{statement};\n" for statement in statements)


def load(services, migration):
    """Make the recorded schema, and the rows that were recorded with it, on the alias's database."""
    connection = connections[services.database.alias]
    applied = "INSERT INTO django_migrations (app, name, applied) VALUES ('dj_queue', %s, %s)"
    with connection.cursor() as cursor:
        for statement in path_of(kind_of(services), migration).read_text().split(";\n"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute(applied, [migration, "2026-01-01 00:00:00"])
        for table, rows in json.loads((FOLDER / migration / "rows.json").read_text()).items():
            for row in rows:
                _insert(cursor, connection, table, _of_alias(row, services.alias))


def _of_alias(row, backend_alias):
    """The row with the values of this backend alias: its name, and its hashes of keys."""
    chosen = {name: value[backend_alias] if isinstance(value, dict) else value for name, value in row.items()}
    return {**chosen, "backend_alias": backend_alias} if "backend_alias" in row else chosen


def _insert(cursor, connection, table, row):
    names = ", ".join(connection.ops.quote_name(name) for name in row)
    places = ", ".join(["%s"] * len(row))
    cursor.execute(
        f"INSERT INTO {connection.ops.quote_name(table)} ({names}) VALUES ({places})", [*row.values()]
    )


def main(backend_alias):
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.project.settings"
    os.environ.setdefault("DJ_QUEUE_TEST_NAME", f"dj_queue_recorded_{os.getpid()}")
    django.setup()
    from tempfile import TemporaryDirectory

    from dj_queue.services import services_for

    services = services_for(backend_alias)
    with TemporaryDirectory() as folder, other_database(services, folder):
        path = path_of(kind_of(services), latest())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(made_by_migrations(services)))
        print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
