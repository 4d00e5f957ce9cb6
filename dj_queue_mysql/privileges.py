"""What the user of this connection may not do with the queue's tables, though its processes need it."""

from typing import Any

from django.db import DatabaseError, connections

from dj_queue.contract import CheckMessage
from dj_queue.models import TABLES
from dj_queue.portable.privileges import NEEDED, message

DENIED = frozenset({1142, 1143})
"""A command is denied for this table, or for a column of it."""

# What a user may do by roles and by grants on databases no table of the server lists. So each privilege is tried,
# on no row. INSERT has to be shown every column that has no default.
TRIALS = {
    "SELECT": "SELECT {columns} FROM {table} WHERE FALSE",
    "INSERT": "INSERT INTO {table} ({columns}) SELECT {nothing} FROM DUAL WHERE FALSE",
    "UPDATE": "UPDATE {table} SET {first} = '' WHERE FALSE",
    "DELETE": "DELETE FROM {table} WHERE FALSE",
}


def advise(alias: str) -> list[CheckMessage]:
    """One message that names every privilege that is missing, and the statements that grant them."""
    connection: Any = connections[alias]
    missing = {model._meta.db_table: lacking for model in TABLES if (lacking := _lacking(connection, model))}
    if not missing:
        return []
    with connection.cursor() as cursor:
        cursor.execute("SELECT CURRENT_USER()")
        user, _at, host = cursor.fetchone()[0].rpartition("@")
    quote = connection.ops.quote_name
    database = quote(connection.settings_dict["NAME"])
    grants = " ".join(
        f"GRANT {', '.join(NEEDED)} ON {database}.{quote(table)} TO '{user}'@'{host}';" for table in missing
    )
    hint = f"Let an administrator run: {grants}"
    return [message(f"user {user!r}", alias, missing, hint=hint, check_id="dj_queue_mysql.E001")]


def _lacking(connection: Any, model: type[Any]) -> list[str]:
    quote = connection.ops.quote_name
    columns = [quote(field.column) for field in model._meta.concrete_fields]
    facts = {
        "table": quote(model._meta.db_table),
        "columns": ", ".join(columns),
        "nothing": ", ".join(["''"] * len(columns)),
        "first": columns[0],
    }
    return [name for name in NEEDED if _is_denied(connection, TRIALS[name].format(**facts))]


def _is_denied(connection: Any, sql: str) -> bool:
    with connection.cursor() as cursor:
        try:
            cursor.execute(sql)
        except DatabaseError as error:
            cause = error.__cause__
            if cause is None or not cause.args or cause.args[0] not in DENIED:
                raise
            return True
    return False
