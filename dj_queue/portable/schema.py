"""The indexes that the portable queries use: partial where the database has partial indexes, else whole."""

from collections.abc import Iterable

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Index, Q

from dj_queue.contract import Status
from dj_queue.models import Job

PARTIAL = (
    Index(
        name="djqueue_job_ready",
        fields=["backend_alias", "queue_name", "-priority", "id"],
        condition=Q(status=Status.READY.value),
    ),
    Index(
        name="djqueue_job_due",
        fields=["backend_alias", "run_after"],
        condition=Q(status=Status.SCHEDULED.value),
    ),
    Index(name="djqueue_job_claimed", fields=["process_id"], condition=Q(status=Status.CLAIMED.value)),
    Index(
        name="djqueue_job_key",
        fields=["concurrency_hash", "status", "slot_until", "-priority", "id"],
        condition=Q(concurrency_hash__isnull=False),
    ),
    Index(
        name="djqueue_job_blocked",
        fields=["concurrency_hash", "on_conflict"],
        condition=Q(status=Status.BLOCKED.value),
    ),
    Index(
        name="djqueue_job_finished",
        fields=["backend_alias", "status", "finished_at"],
        condition=Q(finished_at__isnull=False),
    ),
)

WHOLE = (
    Index(name="djqueue_job_ready", fields=["backend_alias", "status", "queue_name", "-priority", "id"]),
    Index(name="djqueue_job_due", fields=["backend_alias", "status", "run_after"]),
    Index(name="djqueue_job_claimed", fields=["process_id", "status"]),
    Index(name="djqueue_job_key", fields=["concurrency_hash", "status", "slot_until", "-priority", "id"]),
    Index(name="djqueue_job_blocked", fields=["status", "concurrency_hash", "on_conflict"]),
    Index(name="djqueue_job_finished", fields=["backend_alias", "status", "finished_at"]),
)


def create_indexes(schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Create the indexes that are missing."""
    can_be_partial = schema_editor.connection.features.supports_partial_indexes
    create_missing(schema_editor, PARTIAL if can_be_partial else WHOLE)


def create_missing(schema_editor: BaseDatabaseSchemaEditor, wanted: Iterable[Index]) -> None:
    """Create those of these indexes of jobs that are missing."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        existing = connection.introspection.get_constraints(cursor, Job._meta.db_table)
    for index in wanted:
        if index.name not in existing:
            schema_editor.add_index(Job, index)
