"""How MySQL and MariaDB find jobs: the plan of each statement, and how many rows the server really read."""

from contextlib import contextmanager
from dataclasses import dataclass, field

NAMES_OF_JOBS = ("dj_queue_job", "job", "last", "U0", "V0")
"""What statements call the table of jobs."""
COUNTERS = "SHOW SESSION STATUS LIKE 'Handler_read%'"
EXPLAINED = ("SELECT", "(", "UPDATE", "DELETE")


@dataclass
class Reading:
    """What some work read."""

    plans: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    rows: int = 0

    def full_scans(self):
        """Statements that read all jobs."""
        return [(sql, step) for sql, step in self.plans if step["type"] == "ALL"]

    def filesorts(self):
        """Statements that sort jobs, other than those that processes hold: these are few."""
        return [
            (sql, step)
            for sql, step in self.plans
            if "filesort" in str(step["Extra"]) and "claimed" not in sql
        ]


@contextmanager
def reading(connection):
    """`with reading(connection) as found:` notes what the block reads."""
    found, statements = Reading(), []

    def note(execute, sql, params, many, context):
        statements.append((sql, params))
        return execute(sql, params, many, context)

    before = _rows_read(connection)
    with connection.execute_wrapper(note):
        yield found
    found.rows = _rows_read(connection) - before
    for sql, params in statements:
        if "dj_queue_job" in sql and sql.lstrip().startswith(EXPLAINED):
            found.plans += [(f"{sql} with {params}", step) for step in _plan(connection, sql, params)]


def _rows_read(connection):
    with connection.cursor() as cursor:
        cursor.execute(COUNTERS)
        return sum(int(value) for _name, value in cursor.fetchall())


def _plan(connection, sql, params):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN FORMAT=TRADITIONAL {sql}", params)
        columns = [column[0] for column in cursor.description]
        steps = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
    return [step for step in steps if step["table"] in NAMES_OF_JOBS]
