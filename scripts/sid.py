"""`make servers`: programs of Debian's unstable release, in folders that are laid over /usr for one process.

Nothing is installed on the machine: apt downloads below .cache/, dpkg-deb unpacks, and a mount that only the
started process sees puts the folder in the place of /usr.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from environment import ROOT, say
from places import Place

FOLDER = ROOT / ".cache" / "sid"
TREES = {
    "newest": ("postgresql-18", "pgbouncer", "mysql-server-core", "python3.14", "python3.14-venv"),
    # Debian does not let the two MySQLs stand in one /usr.
    "mariadb": ("mariadb-server-core", "mariadb-client-core"),
}
TOOLS = ("coreutils", "dash", "sed", "tzdata", "util-linux")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
DEFAULT_MIRROR = "http://deb.debian.org/debian"
PACKAGES = "packages.txt"


def place(name: str) -> Place | None:
    """The tree `name` as a place to run programs, or None where it is not prepared."""
    return Place(FOLDER / name / "usr") if _is_prepared(name) and obstacle() is None else None


def obstacle() -> str | None:
    """Why this process cannot have these trees, or None."""
    if any(shutil.which(tool) is None for tool in ("apt-get", "dpkg-deb", "unshare")):
        return "this is no Debian"
    if os.geteuid() != 0:
        return "it needs root"
    if not Path("/bin").is_symlink():
        return "this machine's /bin is not in its /usr"
    if not KEYRING.exists():
        return "it needs the package debian-archive-keyring"
    trial = ["unshare", "--mount", "mount", "--bind", "/usr", "/usr"]
    if subprocess.run(trial, check=False, capture_output=True).returncode:
        return "this process may not mount"
    return None


def prepare() -> bool:
    """Make the trees that are not there yet; whether all are there now."""
    missing = [name for name in TREES if not _is_prepared(name)]
    if not missing:
        say(f"the servers of Debian's unstable release are in {FOLDER}")
        return True
    reason = obstacle()
    if reason is not None:
        say(f"the servers of Debian's unstable release cannot be had: {reason}")
        return False
    begun = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix="partial-") as work:
        try:
            apt = _apt(Path(work), _mirror())
            _run([*apt, "update"])
            for name in missing:
                _make(name, apt, Path(work))
        except subprocess.CalledProcessError as error:
            last = error.stderr.decode(errors="replace").strip().splitlines()[-1:]
            say(f"the servers of Debian's unstable release cannot be had: {error.cmd[0]} failed: {last}")
            return False
    say(f"the servers of Debian's unstable release are in {FOLDER}, made in {time.monotonic() - begun:.0f} s")
    return True


def _make(name: str, apt: list[str], work: Path) -> None:
    """Download the packages of one tree with all they depend on, unpack them, and put the tree in its place."""
    downloads, tree = work / f"{name}-packages", work / name
    (downloads / "partial").mkdir(parents=True)
    wanted = (*TREES[name], *TOOLS)
    _run([*apt, "-o", f"Dir::Cache::archives={downloads}/", "install", "--download-only", "-y", *wanted])
    for package in sorted(downloads.glob("*.deb")):
        _run(["dpkg-deb", "--extract", str(package), str(tree)])
    (tree / PACKAGES).write_text(" ".join(wanted))
    shutil.rmtree(FOLDER / name, ignore_errors=True)
    tree.rename(FOLDER / name)


def _is_prepared(name: str) -> bool:
    stamp = FOLDER / name / PACKAGES
    return stamp.exists() and stamp.read_text() == " ".join((*TREES[name], *TOOLS))


def _apt(work: Path, mirror: str) -> list[str]:
    """apt-get for a system that has nothing installed; proxies and credentials stay those of the machine."""
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [signed-by={KEYRING}] {mirror} sid main\n")
    options = {
        "Dir::State": f"{work}/state",
        "Dir::State::status": f"{work}/status",
        "Dir::Cache": f"{work}/cache",
        "Dir::Etc::sourcelist": f"{work}/sources.list",
        "Dir::Etc::sourceparts": "-",
        "Dir::Etc::preferences": "-",
        "Dir::Etc::preferencesparts": "-",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
        # A mirror may be a snapshot of some day.
        "Acquire::Check-Valid-Until": "false",
    }
    return ["apt-get", "-q", *(part for name, value in options.items() for part in ("-o", f"{name}={value}"))]


def _mirror() -> str:
    """The mirror that this machine has its packages from."""
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)"]
    listed = subprocess.run(command, check=False, capture_output=True, text=True).stdout.split()
    return next((uri for uri in listed if uri.rstrip("/").endswith("/debian")), DEFAULT_MIRROR)


def _run(command: list[str]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    subprocess.run(command, check=True, capture_output=True, env=environment, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(0 if prepare() else 1)
