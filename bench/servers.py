"""What the benchmark asks of each kind of database: its version, its process, its counters, fresh statistics."""

import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from django.db import connections

TABLE = "dj_queue_job"
COMMITS = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"


class Server:
    """One database under its alias. This class is SQLite: no server, no process, no counters."""

    counter: str | None = None
    """The metric that `count` gives, per second."""

    def __init__(self, alias: str) -> None:
        """Serve this alias of DATABASES."""
        self.alias = alias

    def heading(self) -> str:
        """Name and version."""
        return f"SQLite {sqlite3.sqlite_version}"

    def processes(self) -> tuple[int, ...] | None:
        """The process ids of the server; None when it runs where they cannot be seen."""
        return ()

    def count(self) -> int:
        """How many transactions or statements there have been."""
        return 0

    def settle(self) -> None:
        """Bring the planner's statistics up to date, as the server would do in a while."""

    def create(self) -> None:
        """Make the database."""

    def drop(self) -> None:
        """Remove the database."""
        connections[self.alias].close()

    def ask(self, sql: str) -> Any:
        """The first column of the first row."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    def _outside(self, sql: str) -> None:
        connection: Any = connections[self.alias]
        connection.close()
        with connection._nodb_cursor() as cursor:  # noqa: SLF001 - as Django's own test runner does
            cursor.execute(sql.format(connection.ops.quote_name(connection.settings_dict["NAME"])))


class Postgres(Server):
    """PostgreSQL."""

    counter = "transactions_per_second"

    def heading(self) -> str:
        """Name and version, and a warning when it forgets."""
        name = " ".join(str(self.ask("SELECT version()")).split()[:2])
        durable = self.ask("SHOW fsync") == "on" and self.ask("SHOW synchronous_commit") != "off"
        return name if durable else f"{name}, not durable"

    def processes(self) -> tuple[int, ...] | None:
        """The postmaster: the parent of this connection's process."""
        with suppress(psutil.Error):
            backend = psutil.Process(self.ask("SELECT pg_backend_pid()"))
            if "postgres" in backend.name():
                return (backend.ppid(),)
        return None

    def count(self) -> int:
        """Transactions in this database."""
        return int(self.ask(COMMITS))

    def settle(self) -> None:
        """ANALYZE."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute(f"ANALYZE {TABLE}")

    def create(self) -> None:
        """CREATE DATABASE."""
        self._outside("CREATE DATABASE {}")

    def drop(self) -> None:
        """DROP DATABASE, connections or not."""
        self._outside("DROP DATABASE IF EXISTS {} WITH (FORCE)")


class Mysql(Server):
    """MySQL and MariaDB."""

    counter = "statements_per_second"

    def heading(self) -> str:
        """Name and version, and a warning when it forgets."""
        version = str(self.ask("SELECT version()"))
        number = version.split("-", maxsplit=1)[0]
        name = f"MariaDB {number}" if "MariaDB" in version else f"MySQL {number}"
        durable = self.ask("SELECT @@innodb_flush_log_at_trx_commit") == 1
        return name if durable else f"{name}, not durable"

    def processes(self) -> tuple[int, ...] | None:
        """The process that the server's pid file names."""
        with suppress(psutil.Error, OSError, ValueError):
            process = psutil.Process(int(Path(self.ask("SELECT @@pid_file")).read_text()))
            if process.name() in {"mariadbd", "mysqld"}:
                return (process.pid,)
        return None

    def count(self) -> int:
        """Statements on the whole server: it counts them by nothing smaller."""
        with connections[self.alias].cursor() as cursor:
            cursor.execute("SHOW GLOBAL STATUS LIKE 'Questions'")
            return int(cursor.fetchone()[1])

    def settle(self) -> None:
        """ANALYZE TABLE."""
        self.ask(f"ANALYZE TABLE {TABLE}")

    def create(self) -> None:
        """CREATE DATABASE."""
        self._outside("CREATE DATABASE {} CHARACTER SET utf8mb4")

    def drop(self) -> None:
        """DROP DATABASE."""
        self._outside("DROP DATABASE IF EXISTS {}")


KINDS = {"sqlite": Server, "postgresql": Postgres, "mysql": Mysql}


def server_of(alias: str) -> Server:
    """The server behind an alias of DATABASES."""
    return KINDS[connections[alias].vendor](alias)
