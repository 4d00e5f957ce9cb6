"""The schema is tuned after every migrate, by as many nodes as run it."""

import threading

import pytest
from django.db import Error, connections

from dj_queue import schema
from dj_queue.models import Job

NODES = 5


def indexes(connection):
    """The names of the indexes that dialects made on the table of jobs."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, Job._meta.db_table)
    return {name for name, facts in found.items() if facts["index"] and name.startswith("djqueue_")}


@pytest.fixture
def without_indexes(services):
    """The table of jobs as before a version whose dialect made the indexes."""
    connection = connections[services.database.alias]
    wanted = indexes(connection)
    assert wanted
    table = connection.ops.quote_name(Job._meta.db_table)
    of_table = f" ON {table}" if connection.vendor == "mysql" else ""
    for name in wanted:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}{of_table}")
    yield wanted
    schema.tune(services.database.alias)


@pytest.mark.fault(37)
def test_nodes_that_tune_at_once_all_succeed(services, without_indexes):
    together = threading.Barrier(NODES)
    errors = []

    def tune():
        try:
            together.wait(120)
            schema.tune(services.database.alias)
        except Exception as error:
            errors.append(error)
        finally:
            connections[services.database.alias].close()

    nodes = [threading.Thread(target=tune) for _ in range(NODES)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join(120)
    assert errors == []
    assert indexes(connections[services.database.alias]) == without_indexes


def test_what_the_database_refuses_for_good_is_told(services, monkeypatch):
    def refused(schema_editor):
        schema_editor.execute("CREATE INDEX djqueue_refused ON no_such_table (id)")

    monkeypatch.setattr(schema, "PAUSE", 0.0)
    monkeypatch.setattr(services.dialect, "tune_schema", refused)
    with pytest.raises(Error, match="no_such_table"):
        schema.tune(services.database.alias)
