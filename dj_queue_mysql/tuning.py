"""The indexes that MySQL's statements use."""

from typing import Any

from dj_queue.models import Job

# There are no partial indexes: each of these holds every job, and is written at each change of a job's status.
# So they are few. Claimed jobs are found as those of their status: there are never many. Scheduled jobs have not
# finished, so that one index orders both by their moments.
INDEXES = {
    "djqueue_my_ready": "(status, backend_alias, queue_name, priority DESC, id)",
    "djqueue_my_moments": "(backend_alias, status, finished_at, run_after)",
    "djqueue_my_key": "(status, concurrency_hash, slot_until, priority DESC, id)",
    "djqueue_my_discarding": "(discarding_hash)",
}

# The key of a job that is blocked and may not wait: nothing for all others, so that their index is not written
# when their status changes. Statements that name no columns do not see it.
DISCARDING = "discarding_hash"
IS_DISCARDING = "IF(status = 'blocked' AND on_conflict = 'discard', concurrency_hash, NULL)"

# Neither introspection nor `SELECT *` shows it.
HAS_COLUMN = """
SELECT COUNT(*) FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s
"""


def tune(schema_editor: Any) -> None:
    """Create the column and the indexes that are missing."""
    connection = schema_editor.connection
    quote = connection.ops.quote_name
    table, kind = quote(Job._meta.db_table), Job._meta.get_field("concurrency_hash").db_type(connection)
    with connection.cursor() as cursor:
        cursor.execute(HAS_COLUMN, [Job._meta.db_table, DISCARDING])
        (has_column,) = cursor.fetchone()
        existing = connection.introspection.get_constraints(cursor, Job._meta.db_table)
    if not has_column:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD COLUMN {DISCARDING} {kind} GENERATED ALWAYS AS ({IS_DISCARDING}) STORED INVISIBLE"
        )
    for name, columns in INDEXES.items():
        if name not in existing:
            schema_editor.execute(f"CREATE INDEX {quote(name)} ON {table} {columns}")
