"""A database server of the test's own, to be killed, filled up and started again."""

import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import closing
from pathlib import Path

from tests.ports import number_of, reserved_port

NOBODY = "nobody"
POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
MARIADB = shutil.which("mariadbd"), shutil.which("mariadb-install-db")
START = 60


class OwnServer:
    """One server on a free port, its data in a folder; nobody's rights, everybody may enter."""

    def __init__(self, *settings):
        # Not in pytest's folder: each run of pytest closes the one above it to everybody else.
        self.folder = Path(tempfile.mkdtemp(prefix="dj_queue-own-server-"))
        self.folder.chmod(0o755)
        self.settings = settings
        self.data = self.folder / "data"
        self.data.mkdir()
        shutil.chown(self.data, NOBODY)
        self._keeper = reserved_port()
        self.port = number_of(self._keeper)
        self._process = None

    def start(self):
        """Start it, and return once it takes connections."""
        deadline = time.monotonic() + START
        self._process = self._spawn()
        while not self._answers():
            # One that was killed may have left something that the next one stumbles over.
            if self._process.poll() is not None:
                self._process = self._spawn()
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "log").read_text()[-2000:])
            time.sleep(0.1)

    def kill(self):
        """End it as a power failure does."""
        self._process.kill()
        self._process.wait()

    def stop(self):
        """The end of the test."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._keeper.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _spawn(self):
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                self.command(), stdout=log, stderr=log, user=NOBODY, cwd=self.data, extra_groups=[]
            )

    def _answers(self):
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), 1)) as connection:
                connection.settimeout(1)
                return self.greets(connection)
        except OSError:
            return False

    def _make(self, *command):
        subprocess.run([*map(str, command)], check=True, capture_output=True, user=NOBODY, cwd=self.data)


class OwnPostgres(OwnServer):
    """The newest PostgreSQL of this machine."""

    is_here = bool(POSTGRES)
    scheme, user, variable = "postgresql", "postgres", "DJ_QUEUE_TEST_POSTGRES_URL"

    def __init__(self, *settings):
        super().__init__(*settings)
        self._make(
            POSTGRES[-1] / "initdb",
            "-D",
            self.data,
            "-U",
            self.user,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        )

    def command(self):
        settings = (
            "fsync=off",
            "shared_buffers=32MB",
            f"unix_socket_directories={self.data}",
            *self.settings,
        )
        options = [part for setting in settings for part in ("-c", setting)]
        return [str(POSTGRES[-1] / "postgres"), "-D", str(self.data), "-p", str(self.port), *options]

    def greets(self, connection):
        """Whether it would talk: it answers the question for encryption once it is up, and while it recovers says so."""
        connection.sendall(_startup_packet(self.user))
        return connection.recv(1) == b"R"


class OwnMariaDB(OwnServer):
    """MariaDB."""

    is_here = all(MARIADB)
    scheme, user, variable = "mysql", "root", "DJ_QUEUE_TEST_MYSQL_URL"

    def __init__(self, *settings):
        super().__init__(*settings)
        self._make(
            MARIADB[1], "--no-defaults", f"--datadir={self.data}", "--auth-root-authentication-method=normal"
        )

    def command(self):
        return [
            MARIADB[0],
            "--no-defaults",
            f"--datadir={self.data}",
            f"--port={self.port}",
            f"--socket={self.data}/socket",
            "--bind-address=127.0.0.1",
            "--innodb-buffer-pool-size=64M",
            "--innodb-flush-log-at-trx-commit=2",
            *self.settings,
        ]

    def greets(self, connection):
        """It greets first."""
        return bool(connection.recv(1))


KINDS = {"postgres": OwnPostgres, "mysql": OwnMariaDB}
"""By backend alias."""


def _startup_packet(user):
    body = (3 << 16).to_bytes(4, "big") + f"user\0{user}\0database\0postgres\0\0".encode()
    return (len(body) + 4).to_bytes(4, "big") + body
