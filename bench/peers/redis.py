"""A Redis for Celery, for one run: on a free port, with the appended file that keeps all but the last second."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PATIENCE = 10


@dataclass(frozen=True, slots=True)
class Redis:
    """A running server."""

    url: str
    pid: int


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis | None]:
    """A server that ends with the block; None where there is no `redis-server`."""
    program = shutil.which("redis-server")
    if program is None:
        yield None
        return
    port = _free_port()
    keep = ("--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--dir", str(folder))
    command = [program, "--port", str(port), "--bind", "127.0.0.1", *keep]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(port)
        yield Redis(f"redis://127.0.0.1:{port}/0", process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"redis-server did not answer within {PATIENCE} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
