"""What Debian has to provide: the headers that mysqlclient compiles with, and database servers."""

import os
import shutil
import subprocess

from environment import PLUGINS

HEADERS = ("gcc", "pkg-config", "libmariadb-dev")


def can_compile_mysqlclient() -> bool:
    """Whether the MySQL client headers are there, installing them where this process may."""
    if _has_headers():
        return True
    if install(HEADERS):
        return _has_headers()
    return False


def installable_plugins() -> tuple[str, ...]:
    """The plugins whose drivers can be installed here."""
    return PLUGINS if can_compile_mysqlclient() else tuple(name for name in PLUGINS if name != "mysql")


def install(packages: tuple[str, ...]) -> bool:
    """Install Debian packages as root; False where that is not possible, with the command that would do it."""
    command = f"apt-get update && apt-get install -y {' '.join(packages)}"
    if shutil.which("apt-get") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        print(f"==> not installed (needs root): {command}", flush=True)
        return False
    print(f"==> installing {' '.join(packages)}", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for step in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", *packages]):
        done = subprocess.run(
            step, check=False, capture_output=True, env=environment, stdin=subprocess.DEVNULL
        )
        if done.returncode:
            print(f"==> {' '.join(step)} failed: {done.stderr.decode(errors='replace')[-300:]}", flush=True)
            return False
    return True


def _has_headers() -> bool:
    if shutil.which("pkg-config") is None or shutil.which("gcc") is None:
        return False
    known = ("mysqlclient", "mariadb", "libmariadb")
    return any(
        subprocess.run(["pkg-config", "--exists", name], check=False).returncode == 0 for name in known
    )
