"""The plans that PostgreSQL really ran, with what each of them read, by its own auto_explain."""

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

ON = {
    "log_min_duration": "0",
    "log_analyze": "on",
    "log_buffers": "on",
    "log_timing": "off",
    "log_format": "json",
    "log_level": "notice",
}
WRITERS = ("ModifyTable", "LockRows")


@dataclass(frozen=True)
class Plan:
    """One executed statement."""

    text: str
    root: dict

    @cached_property
    def nodes(self):
        """Every node, the root first."""
        return list(_below(self.root))

    @property
    def scans(self):
        """The nodes that read jobs."""
        return [node for node in self.nodes if _reads_jobs(node)]

    @property
    def rows_read(self):
        """How many rows of jobs were looked at, those that were thrown away too."""
        return sum(_rows(node) for node in self.scans)

    @property
    def rows_read_in_an_index(self):
        """How many of them were counted in an index alone."""
        return sum(_rows(node) for node in self.scans if node["Node Type"] == "Index Only Scan")

    @property
    def rows_sorted(self):
        """How many rows were sorted."""
        return sum(
            node["Actual Rows"] * node["Actual Loops"] for node in self.nodes if "Sort" in node["Node Type"]
        )

    @property
    def blocks(self):
        """How many blocks were looked at, in memory or not."""
        return self.root["Shared Hit Blocks"] + self.root["Shared Read Blocks"]


@contextmanager
def explaining(connection):
    """`with explaining(connection) as plans:` collects the plans of all statements about jobs."""
    plans = []

    def note(diagnostic):
        _before, found, text = diagnostic.message_primary.partition("plan:\n")
        if found:
            plan = json.loads(text)
            plans.append(Plan(plan["Query Text"], plan["Plan"]))

    connection.ensure_connection()
    raw = connection.connection
    with connection.cursor() as cursor:
        cursor.execute("LOAD 'auto_explain'")
        for name, value in ON.items():
            cursor.execute(f"SET auto_explain.{name} = '{value}'")
    raw.add_notice_handler(note)
    try:
        yield plans
    finally:
        raw.remove_notice_handler(note)
        with connection.cursor() as cursor:
            cursor.execute("SET auto_explain.log_min_duration = -1")
    plans[:] = [plan for plan in plans if plan.scans or "dj_queue_job" in plan.text]


def _below(node):
    yield node
    for child in node.get("Plans", ()):
        yield from _below(child)


def _reads_jobs(node):
    is_index = node["Node Type"] == "Bitmap Index Scan"
    if node["Node Type"] in WRITERS:
        return False
    return node.get("Relation Name") == "dj_queue_job" or (
        is_index and node["Index Name"].startswith(("djqueue_", "dj_queue_job"))
    )


def _rows(node):
    thrown_away = ("Rows Removed by Filter", "Rows Removed by Index Recheck", "Rows Removed by Join Filter")
    return (node["Actual Rows"] + sum(node.get(name, 0) for name in thrown_away)) * node["Actual Loops"]
