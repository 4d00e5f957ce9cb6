"""Database servers for one run: on free ports of this machine, without rights, small, and forgetful on purpose."""

import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from places import Place, give_to_nobody

MYSQL_ARGUMENTS = (
    "--bind-address=127.0.0.1",
    "--innodb-buffer-pool-size=64M",
    "--innodb-doublewrite=OFF",
    "--innodb-flush-log-at-trx-commit=0",
    "--max-connections=300",
    "--skip-log-bin",
)
POOLER = """\
[databases]
* = host=127.0.0.1 port={server_port} user=postgres
[pgbouncer]
auth_type = any
default_pool_size = 40
listen_addr = 127.0.0.1
listen_port = {port}
max_client_conn = 300
pool_mode = transaction
unix_socket_dir =
"""


@contextmanager
def throw_away_servers() -> Iterator["Servers"]:
    """Servers that end with the block, with all they stored."""
    with tempfile.TemporaryDirectory(prefix="dj_queue-servers-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        servers = Servers(Path(folder))
        try:
            yield servers
        finally:
            servers.stop()


class Servers:
    """Starts servers and remembers them. Each method returns a URL, or None where the place lacks the program."""

    def __init__(self, folder: Path) -> None:
        """Keep data and logs in this folder."""
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []

    def postgres(self, place: Place) -> str | None:
        """PostgreSQL, which anyone may enter as `postgres`."""
        found = place.programs("lib/postgresql/*/bin/initdb")
        if not found:
            return None
        data, port = self._data("postgres"), _free_port()
        initdb, postgres = found[0], found[0].with_name("postgres")
        _run(
            place.command_of_nobody(
                initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"
            )
        )
        settings = (
            "fsync=off",
            "max_connections=200",
            "shared_buffers=32MB",
            f"unix_socket_directories={data}",
        )
        options = [part for setting in settings for part in ("-c", setting)]
        self._start(place, data, postgres, "-D", data, "-p", port, *options)
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    def mariadb(self, place: Place) -> str | None:
        """MariaDB, which anyone may enter as `root`."""
        if not (place.programs("sbin/mariadbd") and place.programs("bin/mariadb-install-db")):
            return None
        data, port = self._data("mariadb"), _free_port()
        install = ("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db")
        _run(place.command_of_nobody(*install, "--auth-root-authentication-method=normal"))
        where = (f"--datadir={data}", f"--port={port}", f"--socket={data}/socket")
        self._start(place, data, "mariadbd", "--no-defaults", *where, *MYSQL_ARGUMENTS)
        return f"mysql://root@127.0.0.1:{port}/"

    def mysql(self, place: Place) -> str | None:
        """MySQL, which anyone may enter as `root`."""
        if not place.programs("sbin/mysqld"):
            return None
        data, port = self._data("mysql"), _free_port()
        _run(place.command_of_nobody("mysqld", "--no-defaults", "--initialize-insecure", f"--datadir={data}"))
        where = (f"--datadir={data}", f"--port={port}", f"--socket={data}/socket", "--secure-file-priv=NULL")
        few = ("--mysqlx=OFF", "--performance-schema=OFF")
        self._start(place, data, "mysqld", "--no-defaults", *where, *few, *MYSQL_ARGUMENTS)
        return f"mysql://root@127.0.0.1:{port}/"

    def pgbouncer(self, place: Place, server: str) -> str | None:
        """PgBouncer in transaction mode, in front of the PostgreSQL server of this URL."""
        if not place.programs("sbin/pgbouncer"):
            return None
        data, port = self._data("pgbouncer"), _free_port()
        config = data / "pgbouncer.ini"
        config.write_text(POOLER.format(server_port=urlsplit(server).port, port=port))
        self._start(place, data, "pgbouncer", config)
        return f"pgbouncer://postgres@127.0.0.1:{port}/postgres"

    def stop(self) -> None:
        """End them all, the last first: a pooler before its server."""
        for server in reversed(self._running):
            server.terminate()
        for server in self._running:
            try:
                server.wait(timeout=30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def _data(self, name: str) -> Path:
        data = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._folder))
        give_to_nobody(data)
        return data

    def _start(self, place: Place, data: Path, *program: str | int | Path) -> None:
        command = place.command_of_nobody(*map(str, program))
        with data.with_suffix(".log").open("wb") as log:
            self._running.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL))


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
