"""What only PostgreSQL needs: names compared letter by letter, its own indexes, storage for rows that change often."""

from typing import Any

from dj_queue.contract import CheckMessage
from dj_queue.models import Job, Pause, Process, Semaphore
from dj_queue_postgres.moments import keep_readable

# In a language's order, names with one prefix are no neighbours, and each comparison takes longer.
COLLATION = "C"
NAMED: tuple[type[Any], ...] = (Job, Pause)

INDEXES = {
    "djqueue_pg_ready": ("(backend_alias, queue_name, priority DESC, id)", "status = 'ready'"),
    "djqueue_pg_due": ("(backend_alias, run_after)", "status = 'scheduled'"),
    "djqueue_pg_queues": ("(backend_alias, status, queue_name)", "status IN ('scheduled', 'blocked')"),
    "djqueue_pg_claimed": ("(process_id)", "status = 'claimed'"),
    "djqueue_pg_inside": (
        "(concurrency_hash)",
        "concurrency_hash IS NOT NULL AND status IN ('ready', 'claimed')",
    ),
    "djqueue_pg_waiting": ("(concurrency_hash, slot_until, priority DESC, id)", "status = 'blocked'"),
    "djqueue_pg_discarding": ("(concurrency_hash)", "status = 'blocked' AND on_conflict = 'discard'"),
    "djqueue_pg_finished": ("(backend_alias, status, finished_at)", "finished_at IS NOT NULL"),
}

# Each job leaves two dead versions of its row behind: clean up by number, not by share of a growing table.
JOB_STORAGE = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "5000",
    "autovacuum_vacuum_insert_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_analyze_threshold": "5000",
    "autovacuum_vacuum_cost_delay": "0",
}
SMALL_STORAGE = {
    "fillfactor": "50",
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_vacuum_threshold": "200",
    "autovacuum_vacuum_cost_delay": "0",
}
STORAGE = {Job: JOB_STORAGE, Process: SMALL_STORAGE, Semaphore: SMALL_STORAGE}

OLDEST = 150000
"""The oldest server version that the tests run on, as `SHOW server_version_num` has it."""

COLLATION_NOW = """
SELECT collname FROM pg_attribute JOIN pg_collation ON pg_collation.oid = attcollation
WHERE attrelid = %s::regclass AND attname = 'queue_name'
"""

OPTIONS_NOW = "SELECT coalesce(reloptions, '{}') FROM pg_class WHERE oid = %s::regclass"


def tune(schema_editor: Any) -> None:
    """Create the missing indexes and constraints, and set what is not set yet; an operator's own settings stay."""
    for model in NAMED:
        _compare_by_letter(schema_editor, model)
    connection = schema_editor.connection
    quote = connection.ops.quote_name
    table = quote(Job._meta.db_table)
    with connection.cursor() as cursor:
        existing = connection.introspection.get_constraints(cursor, Job._meta.db_table)
    for name, (columns, condition) in INDEXES.items():
        if name not in existing:
            schema_editor.execute(f"CREATE INDEX {quote(name)} ON {table} {columns} WHERE {condition}")
    for model, wanted in STORAGE.items():
        _set_storage(schema_editor, quote(model._meta.db_table), wanted)
    keep_readable(schema_editor)


def _compare_by_letter(schema_editor: Any, model: Any) -> None:
    quote = schema_editor.connection.ops.quote_name
    table, column = quote(model._meta.db_table), model._meta.get_field("queue_name")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(COLLATION_NOW, [table])
        (now,) = cursor.fetchone()
    if now != COLLATION:
        kind = column.db_type(schema_editor.connection)
        schema_editor.execute(
            f"ALTER TABLE {table} ALTER COLUMN {quote(column.column)} TYPE {kind} COLLATE {quote(COLLATION)}"
        )


def _set_storage(schema_editor: Any, table: str, wanted: dict[str, str]) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(OPTIONS_NOW, [table])
        (options,) = cursor.fetchone()
    known = {option.partition("=")[0] for option in options}
    missing = ", ".join(f"{name} = {value}" for name, value in wanted.items() if name not in known)
    if missing:
        schema_editor.execute(f"ALTER TABLE {table} SET ({missing})")


def advise(alias: str, server_version: int) -> list[CheckMessage]:
    """What an operator should know about this server's version."""
    if server_version >= OLDEST:
        return []
    text = f"database {alias!r} is PostgreSQL {server_version // 10000}; dj_queue is tested on {OLDEST // 10000} and newer"
    return [CheckMessage("warning", text, "Upgrade the server.", "dj_queue_postgres.W001")]
