"""The databases to test on: those the environment names, else local ones, else ones started for this run.

Prints one line for each. Runs inside the test environment, which has the drivers.
"""

import getpass
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress

import sid
from environment import say
from places import MACHINE, Place
from probe import has_mysql_driver, version
from system_packages import install
from throw_away import Servers

POSTGRES = "DJ_QUEUE_TEST_POSTGRES_URL"
MYSQL = "DJ_QUEUE_TEST_MYSQL_URL"
MORE = "DJ_QUEUE_TEST_MORE_SERVERS"
PATIENCE = 60
"""Seconds for a server to come up."""
NO_DRIVER = "not tested, mysqlclient is not installed (it needs libmariadb-dev to compile)"

type Start = Callable[[], str | None]


def main_databases(servers: Servers) -> dict[str, str]:
    """The variables that name the databases for every test."""
    say("SQLite: tested on files")
    found = {POSTGRES: _postgres(servers), MYSQL: _mysql(servers)}
    _redis()
    return {variable: url for variable, url in found.items() if url}


def more_databases(servers: Servers) -> dict[str, str]:
    """The variable that names the servers for the tests marked `every_server`, each as `alias=url`."""
    named = os.environ.get(MORE)
    if named is not None:
        for pair in named.split():
            _named(*pair.split("=", 1))
        return {MORE: named}
    found: dict[str, str | None] = {}
    if (newest := sid.place("newest")) and (mariadb := sid.place("mariadb")):
        found = _newer_ones(servers, newest, mariadb)
    else:
        say(f"newer servers and PgBouncer: not tested, `make servers` prepares them and {MORE} can name them")
    return {MORE: " ".join(f"{alias}={url}" for alias, url in found.items() if url)}


def _postgres(servers: Servers) -> str | None:
    hosts = ("127.0.0.1", "%2Fvar%2Frun%2Fpostgresql")
    users = dict.fromkeys(("postgres", "root", getpass.getuser()))
    local = [f"postgresql://{user}@{host}:5432/postgres" for host in hosts for user in users]
    return _main("PostgreSQL", POSTGRES, local, lambda: _installed(servers.postgres, "postgresql"))


def _mysql(servers: Servers) -> str | None:
    if not has_mysql_driver():
        say(f"MySQL and MariaDB: {NO_DRIVER}")
        return None
    hosts = ("127.0.0.1", "%2Frun%2Fmysqld%2Fmysqld.sock")
    users = dict.fromkeys(("root", getpass.getuser()))
    local = [f"mysql://{user}@{host}:3306/" for host in hosts for user in users]
    return _main("MySQL or MariaDB", MYSQL, local, lambda: _installed(servers.mariadb, "mariadb-server"))


def _redis() -> None:
    """Tests of the example plugin for Redis start and kill servers of their own."""
    is_here = shutil.which("redis-server") or install(("redis-server",))
    say(
        "Redis: tested on servers of the tests"
        if is_here
        else "Redis: not tested, redis-server is not installed"
    )


def _main(label: str, variable: str, local: list[str], start: Start) -> str | None:
    """The URL that the variable names, else of a local server that lets us in, else of one that `start` starts."""
    named = os.environ.get(variable)
    if named:
        return _named(label, named)
    for url in local:
        with suppress(Exception):
            say(f"{label}: tested on {version(url)}")
            return url
    return _started(label, start)


def _newer_ones(servers: Servers, newest: Place, mariadb: Place) -> dict[str, str | None]:
    postgres = _started("postgres18", lambda: servers.postgres(newest))
    found = {"postgres18": postgres}
    if postgres is not None:
        found["pgbouncer"] = _started("pgbouncer", lambda: servers.pgbouncer(newest, postgres))
    if has_mysql_driver():
        found["mysql9"] = _started("mysql9", lambda: servers.mysql(newest))
        found["mariadb11"] = _started("mariadb11", lambda: servers.mariadb(mariadb))
    return found


def _named(label: str, url: str) -> str:
    """The URL of a server that the environment names: it is tested on, come what may."""
    try:
        say(f"{label}: tested on {version(url)}")
    except Exception as error:
        say(f"{label}: {url} does not answer, its tests will fail: {' '.join(str(error).split())[:160]}")
    return url


def _installed(start: Callable[[Place], str | None], package: str) -> str | None:
    """A server of the machine's own release, installed where this process may."""
    return start(MACHINE) or (start(MACHINE) if install((package,)) else None)


def _started(label: str, start: Start) -> str | None:
    """The URL of a server that `start` starts, once it answers."""
    try:
        url = start()
    except subprocess.CalledProcessError as error:
        say(f"{label}: not tested, its server cannot be set up: {(error.stderr or b'').decode()[-300:]}")
        return None
    if url is None:
        say(f"{label}: not tested, no server was found or could be started")
        return None
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with suppress(Exception):
            say(f"{label}: tested on {version(url)}, started for this run")
            return url
        time.sleep(0.2)
    say(f"{label}: not tested, the server started for this run did not answer")
    return None
