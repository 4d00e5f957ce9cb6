"""Collects, for each row of the fault matrix and each database, which tests passed and what they measured."""

import json
import os
from pathlib import Path

import pytest
from django.db import connections

REPORT = "DJ_QUEUE_TEST_FAULT_REPORT"
"""Names the file that gets what was collected."""


class Figures:
    """What a test measured, by name; it ends up in the report beside the test's outcome."""

    def __init__(self):
        self.values = {}

    def note(self, name, value):
        """Add to what there is."""
        self.values[name] = self.values.get(name, 0) + value

    def most(self, name, value):
        """Keep the greatest."""
        self.values[name] = max(self.values.get(name, value), value)


@pytest.fixture
def figures(request):
    """`figures.note(name, value)` and `figures.most(name, value)` say what was measured."""
    request.node.figures = Figures()
    return request.node.figures


def pytest_configure(config):
    """Make the marker known."""
    config.addinivalue_line("markers", "fault(*rows): proves these rows of the fault matrix")
    config.pluginmanager.register(Collecting(), "dj_queue-faults")


class Collecting:
    """One run's outcomes."""

    def __init__(self):
        self._seen = []
        self._databases = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item, call):
        """Keep the outcome of the test's call, or of a setup that failed or skipped it."""
        report = yield
        rows = rows_of(item)
        if rows and (report.when == "call" or report.outcome != "passed"):
            self._seen.append(
                {
                    "rows": rows,
                    "test": item.nodeid,
                    "database": database_of(item),
                    "outcome": report.outcome,
                    "reason": str(report.longrepr[2]) if report.skipped else "",
                    "figures": getattr(getattr(item, "figures", None), "values", {}),
                }
            )
        return report

    def pytest_collection_finish(self, session):
        """When tests are only listed, the list is the report."""
        if session.config.option.collectonly:
            self._seen = [
                {"rows": rows_of(item), "test": item.nodeid, "database": database_of(item)}
                for item in session.items
                if rows_of(item)
            ]
            self._write({})

    def pytest_sessionfinish(self, session):
        """Write the report where one is wanted."""
        if not session.config.option.collectonly:
            self._write(self._databases)

    def look_at_databases(self, database_aliases):
        """Remember what the databases of this run are, by backend alias, while they are there."""
        self._databases = {alias: version_of(database) for alias, database in database_aliases.items()}

    def _write(self, databases):
        if REPORT in os.environ:
            report = {"databases": databases, "tests": self._seen}
            Path(os.environ[REPORT]).write_text(json.dumps(report, indent=1))


def rows_of(item):
    """The rows that the test proves."""
    return sorted({row for mark in item.iter_markers("fault") for row in mark.args})


def database_of(item):
    """The backend alias that the test ran on; none where the database makes no difference."""
    alias = item.callspec.params.get("backend_alias") if "callspec" in vars(item) else None
    return alias if isinstance(alias, str) else ""


def version_of(database_alias):
    """What the database is, in words."""
    connection = connections[database_alias]
    query = {"sqlite": "SELECT sqlite_version()"}.get(connection.vendor, "SELECT version()")
    with connection.cursor() as cursor:
        cursor.execute(query)
        text = str(cursor.fetchone()[0])
    if connection.vendor == "postgresql":
        return " ".join(text.split()[:2])
    if connection.vendor == "sqlite":
        return f"SQLite {text}"
    return f"MariaDB {text.split('-')[0]}" if "MariaDB" in text else f"MySQL {text.split('-')[0]}"
