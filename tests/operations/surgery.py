"""Rows changed behind the queue's back, by raw SQL: what hands in the tables leave behind."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connections
from django.db.models import UUIDField

from dj_queue.models.fields import UTCDateTimeField


class Surgeon:
    """Statements on the queue's own tables, in the queue's database."""

    def __init__(self, services):
        self._alias = services.database.alias
        self._dialect = services.dialect

    def run(self, sql, *values):
        """One statement; how many rows it changed."""
        return self._execute(sql, values, lambda cursor: cursor.rowcount)

    def read(self, sql, *values):
        """The rows of one statement, as the driver gives them."""
        return self._execute(sql, values, lambda cursor: cursor.fetchall())

    def empty(self, table):
        """TRUNCATE, or what comes closest."""
        verb = "DELETE FROM" if connections[self._alias].vendor == "sqlite" else "TRUNCATE TABLE"
        self.run(f"{verb} {table}")

    def ago(self, seconds):
        """So many seconds before now, by the database's clock."""
        return self._dialect.now() - timedelta(seconds=seconds)

    def backup(self, job_id):
        """The row of a job as it stands."""
        (row,) = self.read("SELECT * FROM dj_queue_job WHERE id = %s", job_id)
        return row

    def restore(self, row):
        """Put this row in the place of what became of it, as who restores a backup does."""
        self.run("DELETE FROM dj_queue_job WHERE id = %s", row[0])
        self.run(f"INSERT INTO dj_queue_job VALUES ({', '.join(['%s'] * len(row))})", *row)

    def _execute(self, sql, values, result):
        with connections[self._alias].cursor() as cursor:
            cursor.execute(sql, [self._stored(value) for value in values])
            return result(cursor)

    def _stored(self, value):
        """The value as this database keeps it; what was read from there stays as it is."""
        connection = connections[self._alias]
        if isinstance(value, UUID):
            return UUIDField().get_db_prep_value(value, connection)
        if isinstance(value, datetime) and value.tzinfo is not None:
            return UTCDateTimeField().get_db_prep_value(value, connection)
        return value
