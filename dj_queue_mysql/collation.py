"""Binary collation: by default these servers take `Email` and `email` for one name."""

from typing import Any

from dj_queue.models import Job, Pause, RecurringExecution, RecurringTask, Semaphore

COLLATION = "utf8mb4_bin"
MODELS = (Job, Pause, RecurringTask, RecurringExecution, Semaphore)

CURRENT = "SELECT table_collation FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = %s"


def make_binary(schema_editor: Any) -> None:
    """Convert the queue's tables that are not binary yet."""
    connection = schema_editor.connection
    for model in MODELS:
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(CURRENT, [table])
            (current,) = cursor.fetchone()
        if current != COLLATION:
            name = connection.ops.quote_name(table)
            schema_editor.execute(f"ALTER TABLE {name} CONVERT TO CHARACTER SET utf8mb4 COLLATE {COLLATION}")
