"""A database of its own with the accounts that the documentation ships, used as each of them."""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections

from tests.conftest import VARIABLES

ROOT = Path(__file__).parents[2]
FILES = ROOT / "docs" / "how-to" / "roles"
MANAGE = ROOT / "tests" / "project" / "manage.py"
ROLES = ("queue_install", "queue_runtime", "queue_web", "queue_web_keys", "queue_dashboard")


class Accounts:
    """The accounts on one server, under names and with passwords of this run."""

    def __init__(self, alias, environment):
        self.alias = alias
        self.vendor = settings.TASKS[alias]["OPTIONS"]["plugins"][0].split(".")[0].removeprefix("dj_queue_")
        self.database = f"{settings.DATABASES[alias]['NAME']}_roles"
        self._prefix = f"t{os.getpid()}_"
        self._environment = environment
        self._connection = connections[alias]

    def set_up(self):
        """Make the database, the accounts, the tables and the grants, as the documentation says."""
        with self._connection._nodb_cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {self._quoted(self.database)}")
        with self.as_administrator():
            self._run_file("roles")
        with self.as_role("queue_install"):
            self.manage("migrate", "dj_queue", "--database", self.alias, "--verbosity", "0")
            self.run(f"CREATE TABLE {self.others_table} (secret INTEGER)")
        as_owner = self.as_role("queue_install") if self.vendor == "postgres" else self.as_administrator()
        with as_owner:
            self._run_file("grants")

    others_table = "somebody_elses"

    def tear_down(self):
        """Drop the database and the accounts."""
        force = " WITH (FORCE)" if self.vendor == "postgres" else ""
        kind, host = ("ROLE", "") if self.vendor == "postgres" else ("USER", "@'%%'")
        with self._connection._nodb_cursor() as cursor:
            cursor.execute(f"DROP DATABASE {self._quoted(self.database)}{force}")
            for role in ROLES:
                cursor.execute(f"DROP {kind} {self._quoted(self.name(role))}{host.replace('%%', '%')}")

    def name(self, role):
        """The account's name in this run."""
        return self._prefix + role

    def as_administrator(self):
        """`with`: this process uses the database as who made it."""
        return self._using({"NAME": self.database})

    @contextmanager
    def as_role(self, role):
        """`with`: this process, and those it starts, use the database as this role."""
        user, password = self.name(role), self.password(role)
        variable = VARIABLES[self.alias]
        parts = urlsplit(os.environ[variable])
        url = parts._replace(netloc=f"{user}:{password}@{parts.netloc.rpartition('@')[2]}").geturl()
        with (
            self._environment.context() as patched,
            self._using({"NAME": self.database, "USER": user, "PASSWORD": password}),
        ):
            patched.setenv(variable, url)
            patched.setenv("DJ_QUEUE_TEST_NAME", self.database)
            yield

    def password(self, role):
        """As the file has it, told apart by run."""
        return f"{self._prefix}{role.removeprefix('queue_').replace('_', '-')}"

    def manage(self, *arguments):
        """Run a command of the project to its end, as the present role."""
        done = subprocess.run(
            [sys.executable, MANAGE, *arguments],
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=False,
            timeout=180,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, sql):
        """One statement as the present role."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)

    def _run_file(self, part):
        text = (FILES / f"{self.vendor}-{part}.sql").read_text()
        text = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        text = text.replace("change-me-", self._prefix).replace("queue_", self.name("queue_"))
        text = text.replace(f"dj_{self.name('queue_')}", "dj_queue_").replace("shop", self.database)
        for statement in filter(None, map(str.strip, text.split(";\n"))):
            self.run(statement.rstrip(";"))

    @contextmanager
    def _using(self, changes):
        before = dict(self._connection.settings_dict)
        self._connection.close()
        self._connection.settings_dict.update(changes)
        try:
            yield
        finally:
            self._connection.close()
            self._connection.settings_dict.update(before)

    def _quoted(self, name):
        return self._connection.ops.quote_name(name)


@pytest.fixture
def accounts(backend_alias, monkeypatch):
    """The accounts of the documentation on a database of their own."""
    made = Accounts(backend_alias, monkeypatch)
    try:
        made.set_up()
        yield made
    finally:
        made.tear_down()
