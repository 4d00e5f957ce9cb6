"""Moments that Python cannot hold are refused: one row with `infinity` would keep every claim from being read."""

from typing import Any

from dj_queue.models import TABLES
from dj_queue.models.fields import UTCDateTimeField

# A day less at either end than Python's years: a session's zone moves what it shows. Both pass over NULLs, and the
# server reads the text of a constraint for each statement that writes: a short one costs half.
READABLE = (
    "least({columns}) >= '0001-01-02 00:00:00+00'::timestamptz "
    "AND greatest({columns}) <= '9999-12-31 00:00:00+00'::timestamptz"
)


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
        condition = READABLE.format(columns=", ".join(map(quote, columns)))
        schema_editor.execute(
            f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} CHECK ({condition}) NOT VALID"
        )
