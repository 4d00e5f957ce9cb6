"""`manage.py migrate` by several nodes at once: Django's own has no lock, and what is left is whole all the same."""

import os
import subprocess
import sys

import pytest

from tests.management.conftest import MANAGE, ROOT

NODES = 5
PATIENCE = 120
COMPARED = """
import json, django
django.setup()
from django.db import connections
from dj_queue.schema import what_is_missing
connection = connections[{alias!r}]
with connection.cursor() as cursor:
    look = connection.introspection
    tables = sorted(name for name in look.table_names(cursor) if name.startswith("dj_queue_"))
    found = {{
        table: [
            sorted(column.name for column in look.get_table_description(cursor, table)),
            sorted(
                str([facts["columns"], facts["unique"], facts["check"]])
                for facts in look.get_constraints(cursor, table).values()
            ),
        ]
        for table in tables
    }}
print(json.dumps([what_is_missing({alias!r}), found]))
"""
"""What the schema is, for one database to be like another."""


@pytest.fixture
def migrate_at_once(empty_database, services):
    """`migrate_at_once(*app)` starts `migrate` on every node; their exit codes and what they said."""

    def run(*app):
        command = [sys.executable, MANAGE, "migrate", *app, "--database", services.database.alias]
        environment = {**os.environ, **empty_database}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        nodes = [subprocess.Popen(command, env=environment, cwd=ROOT, **pipes) for _ in range(NODES)]
        said = [node.communicate(timeout=PATIENCE)[0] for node in nodes]
        return [(node.returncode, text) for node, text in zip(nodes, said, strict=True)]

    return run


@pytest.fixture
def schema_of(services):
    """`schema_of(environment)` is the queue's schema in that project's database."""

    def look(environment):
        code = COMPARED.format(alias=services.database.alias)
        command = [sys.executable, "-c", code]
        settings = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.project.settings", **environment}
        done = subprocess.run(command, env=settings, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout

    return look


@pytest.mark.of_the_runtime
@pytest.mark.fault(37)
@pytest.mark.parametrize("app", [(), ("dj_queue",)], ids=["every app", "the queue alone"])
def test_nodes_that_migrate_an_empty_database_at_once_leave_a_whole_schema(
    migrate_at_once, empty_database, manage, services, schema_of, app
):
    nodes = migrate_at_once(*app)
    assert 0 in [code for code, _ in nodes], nodes
    for code, text in nodes:
        # Django's error of a statement, or of its own table, that another node was faster with.
        is_djangos = any(word in text for word in ("django.db.utils.", "MigrationSchemaMissing: ", "DETAIL"))
        assert code == 0 or is_djangos, text
    again = manage(
        "migrate", *app, "--database", services.database.alias, "--verbosity", "0", **empty_database
    )
    assert again.returncode == 0, again.stderr
    assert schema_of(empty_database) == schema_of({})
    assert schema_of({}).startswith("[null, {")


@pytest.mark.of_the_runtime
@pytest.mark.fault(37)
def test_nodes_that_each_migrate_before_they_start_have_nothing_to_quarrel_about(
    migrate_at_once, empty_database, manage, services
):
    first = manage("migrate", "--database", services.database.alias, "--verbosity", "0", **empty_database)
    assert first.returncode == 0, first.stderr
    for code, text in migrate_at_once():
        assert code == 0, text
