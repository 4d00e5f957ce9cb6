"""What a queue process holds of its machine and its server: threads, files, connections, dead children."""

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import connections

SLACK = 2
"""More of anything that counts as the same: what is counted moves while it is counted."""


@dataclass(frozen=True)
class Footprint:
    """What a supervisor and its children hold."""

    files: int
    threads: int
    connections: int
    processes: int
    zombies: int

    @classmethod
    def of(cls, pid, database_alias):
        """Of this supervisor, and of everybody on its database."""
        pids = [pid, *children(pid)]
        living = [one for one in pids if state(one) not in ("Z", None)]
        return cls(
            files=sum(counted(one, "fd") for one in living),
            threads=sum(counted(one, "task") for one in living),
            connections=connections_of(connections[database_alias]),
            processes=len(living),
            zombies=len(pids) - len(living),
        )

    def growth(self, before):
        """What there is more of than before, in words."""
        names = ("files", "threads", "connections", "processes")
        grown = [
            f"{name}: {getattr(before, name)} before, {getattr(self, name)} now"
            for name in names
            if getattr(self, name) > getattr(before, name) + SLACK
        ]
        return [*grown, *([f"{self.zombies} dead children not buried"] if self.zombies else [])]


def children(pid):
    """The pids of its children."""
    found = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        # A thread may end between the two looks.
        with suppress(FileNotFoundError, ProcessLookupError):
            found += [int(child) for child in path.read_text().split()]
    return found


def state(pid):
    """The letter of the process's state; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def resident_bytes(pid):
    """The memory that the process holds now."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def counted(pid, what):
    """How many entries of one kind it has: `fd` for open files, `task` for threads."""
    try:
        return sum(1 for _entry in Path(f"/proc/{pid}/{what}").iterdir())
    except (FileNotFoundError, ProcessLookupError):
        return 0


def connections_of(connection):
    """How many connections its database has; none where it has no server."""
    queries = {
        # Autovacuum comes and goes.
        "postgresql": "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
        "AND backend_type = 'client backend'",
        "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = database()",
    }
    if connection.vendor not in queries:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        return cursor.fetchone()[0]
