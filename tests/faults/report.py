"""Writes docs/reliability.md from what a run collected: `python -m tests.faults.report COLLECTED.json COMMAND`."""

import json
import platform
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import django

from tests.faults.rows import ELSEWHERE, OPEN, ROWS

TARGET = Path(__file__).parents[2] / "docs" / "reliability.md"
FAILED, PROVED, NO_DIFFERENCE, SKIPPED = "**failed**", "yes", "·", "-"
INTRODUCTION = """\
# Reliability

<!-- Made by `make faults`; do not change by hand. -->

What is done to a queue at work, and whether it kept its [promises](explanation/guarantees.md). After each fault an
oracle compares what enqueuers and jobs wrote down for themselves, outside every database, with what the queue says:
nothing that was committed is lost, nothing that was rolled back ran, each attempt has one outcome, no body ran more
often than crashes explain, jobs of one key never overlapped, no row is stuck, no process or connection is left over.

"""


@dataclass(frozen=True)
class Collected:
    """One run."""

    databases: dict
    tests: list

    def cell(self, row, database):
        """What the run says of one fault on one database."""
        outcomes = [test["outcome"] for test in self._of(row, database)]
        if "failed" in outcomes:
            return FAILED
        if "passed" in outcomes:
            return PROVED
        if outcomes:
            return SKIPPED
        return NO_DIFFERENCE if any(test["outcome"] == "passed" for test in self._of(row)) else SKIPPED

    def figures(self, row, database):
        """What was measured, by name: counts are added up, the rest is the greatest."""
        found = defaultdict(float)
        for test in self._of(row, database):
            for name, value in test["figures"].items():
                found[name] = (
                    max(found[name], value) if "within" in name or "seconds" in name else found[name] + value
                )
        return found

    def reasons(self, row):
        """Why tests of this fault were skipped somewhere."""
        return sorted({test["reason"].removeprefix("Skipped: ") for test in self._of(row) if test["reason"]})

    def _of(self, row, database=None):
        return [
            test
            for test in self.tests
            if row.number in test["rows"] and database in (None, test["database"] or database)
        ]


def written(collected, command):
    """The text of the page."""
    return INTRODUCTION + "\n".join(
        [_made(collected, command), _sums(collected), _matrix(collected), _measured(collected)]
    )


def _made(collected, command):
    now = datetime.now(UTC).date().isoformat()
    names = ", ".join(sorted(set(collected.databases.values())))
    return (
        f"Made on {now} by `{command}` with Python {platform.python_version()}, Django {django.get_version()}, {names}; "
        f"{len(collected.tests)} tests, {sum(t['outcome'] == 'failed' for t in collected.tests)} failed.\n"
    )


def _sums(collected):
    sums = defaultdict(float)
    for test in collected.tests:
        for name, value in test["figures"].items():
            sums[name] += value
    lines = ["## In sum", "", "| under fire | |", "|---|---|"]
    for name in ("jobs", "runs", "killed processes", "connections ended", "replies lost"):
        lines.append(f"| {name} | {sums[name]:,.0f} |")
    broken = sum(test["outcome"] == "failed" for test in collected.tests)
    lines += [f"| lost, stuck, or recorded twice | {'0' if not broken else 'see the failures below'} |", ""]
    return "\n".join(lines)


def _matrix(collected):
    databases = list(collected.databases)
    lines = [
        "## The matrix",
        "",
        f"“{PROVED}”: proved on this database by this run. “{NO_DIFFERENCE}”: proved on another one, and databases make no "
        f"difference to it. “{SKIPPED}”: not on this one, see below the table. Bold numbers are the gate of a release.",
        "",
        f"| | fault | what holds | {' | '.join(_label(collected, name) for name in databases)} |",
        f"|---|---|---|{'---|' * len(databases)}",
    ]
    for row in ROWS:
        number = f"**{row.number}**" if row.gate else str(row.number)
        cells = " | ".join(collected.cell(row, database) for database in databases)
        lines.append(f"| {number} | {row.fault} | {row.promise} | {cells} |")
    lines.append("")
    for row in ROWS:
        notes = [said[row.number] for said in (ELSEWHERE, OPEN) if row.number in said]
        reasons = [*collected.reasons(row), *notes]
        lines += [f"- {row.number}: {reason}" for reason in reasons]
    return "\n".join([*lines, ""])


def _measured(collected):
    lines = [
        "## Figures",
        "",
        "| | figure | " + " | ".join(_label(collected, name) for name in collected.databases) + " |",
    ]
    lines.append(f"|---|---|{'---|' * len(collected.databases)}")
    for row in ROWS:
        by_database = {database: collected.figures(row, database) for database in collected.databases}
        for name in dict.fromkeys(name for figures in by_database.values() for name in figures):
            cells = [f"{figures[name]:,.4g}" if name in figures else "" for figures in by_database.values()]
            lines.append(f"| {row.number} | {name} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _label(collected, alias):
    return (
        "portable dialect"
        if alias == "portable"
        else "through PgBouncer"
        if alias == "pgbouncer"
        else collected.databases[alias]
    )


def main(path, command):
    collected = Collected(**json.loads(Path(path).read_text()))
    TARGET.write_text(written(collected, command))


if __name__ == "__main__":
    main(*sys.argv[1:])
