"""Virtual environments of this checkout: made from nothing, kept until what they hold changes."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from places import MACHINE, Place

ROOT = Path(__file__).resolve().parent.parent
PLUGINS = ("sqlite", "postgres", "mysql")


def say(text: str) -> None:
    """One line for whoever waits."""
    print(f"==> {text}", flush=True)


def make(
    name: str,
    python: str,
    plugins: tuple[str, ...],
    packages: tuple[str, ...],
    place: Place = MACHINE,
) -> Path:
    """The interpreter of the environment `name`, with the core, these plugins (editable) and these packages.

    It works where `python` is: `place.command` starts it.
    """
    folder = ROOT / name
    interpreter = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "holds.txt"
    wanted = _fingerprint(python, plugins, packages)
    if os.path.lexists(interpreter) and stamp.exists() and stamp.read_text() == wanted:
        return interpreter
    say(f"making {name} with {python}; pip is installing what it needs")
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(place.command(python, "-m", "venv", folder), check=True)
    editable = [ROOT, *(ROOT / f"dj_queue_{plugin}" for plugin in plugins)]
    arguments = [part for path in editable for part in ("-e", str(path))]
    pip = (interpreter, "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    subprocess.run(place.command(*pip, *arguments, *packages), check=True)
    stamp.write_text(wanted)
    return interpreter


def group(name: str) -> tuple[str, ...]:
    """The packages of a dependency group of pyproject.toml."""
    import tomllib

    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return tuple(package for package in groups[name] if isinstance(package, str))


def _fingerprint(python: str, plugins: tuple[str, ...], packages: tuple[str, ...]) -> str:
    files = [ROOT / "pyproject.toml", *(ROOT / f"dj_queue_{plugin}" / "pyproject.toml" for plugin in plugins)]
    content = b"".join(file.read_bytes() for file in files)
    return f"{python} {' '.join(plugins)} {' '.join(packages)} {hashlib.sha256(content).hexdigest()}"


if __name__ == "__main__":
    sys.exit("this file is used by demo.py, test.py, check.py and bench.py beside it")
