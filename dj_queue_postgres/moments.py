"""Moments that Python cannot hold are refused: one row with `infinity` would keep every claim from being read."""

from typing import Any

from dj_queue.models import TABLES
from dj_queue.models.fields import UTCDateTimeField

# A day less at either end than Python's years: a session's zone moves what it shows.
READABLE = "BETWEEN '0001-01-02 00:00:00+00' AND '9999-12-31 00:00:00+00'"


def keep_readable(schema_editor: Any) -> None:
    """Add the constraints that are missing; they hold for what is written from now on."""
    connection = schema_editor.connection
    quote = connection.ops.quote_name
    for model in TABLES:
        table = model._meta.db_table
        name = f"djqueue_pg_moments_{table.removeprefix('dj_queue_')}"
        with connection.cursor() as cursor:
            existing = connection.introspection.get_constraints(cursor, table)
        if name in existing:
            continue
        columns = [field.column for field in model._meta.fields if isinstance(field, UTCDateTimeField)]
        condition = " AND ".join(f"{quote(column)} {READABLE}" for column in columns)
        schema_editor.execute(
            f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID"
        )
