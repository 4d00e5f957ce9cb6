"""Distributions as their users have them: wheels, built here and installed into an environment of their own."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[3]
OURS = (ROOT, *(ROOT / f"dj_queue_{vendor}" for vendor in ("postgres", "mysql", "sqlite")))


def install(folder, *distribution_folders, ours=OURS):
    """The interpreter of a new environment below `folder`: dj-queue, its plugins and these distributions, from wheels.

    `ours` are those of this project that go in: all, unless said otherwise.

    What they need is taken from the environment of this run, where the checkout stays out of sight.
    """
    wheels = [_build(source, folder / "wheels" / source.name) for source in (*ours, *distribution_folders)]
    _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps")
    if wheels:
        _run(*pip, *wheels)
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip())
    (site / "needed.pth").write_text(str(_needed(folder / "needed")))
    return python


def environment_of_a_user():
    """The environment variables without what this run put there."""
    ours = ("DJANGO_", "DJ_QUEUE_", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def _needed(folder):
    """A folder with links to all that is installed for this run, apart from what is ours and ways to the checkout."""
    folder.mkdir()
    for place in {sysconfig.get_paths()[name] for name in ("purelib", "platlib")}:
        for entry in Path(place).iterdir():
            if entry.suffix != ".pth" and not entry.name.replace("-", "_").startswith(
                ("dj_queue", "_dj_queue")
            ):
                (folder / entry.name).symlink_to(entry)
    return folder


def _build(source, target):
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=source)
    [wheel] = target.glob("*.whl")
    return wheel


def _run(*command, cwd=None):
    done = subprocess.run([*map(str, command)], cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
