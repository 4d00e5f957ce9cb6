"""Distributions as their users have them: wheels, built here and installed into an environment of their own."""

import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[3]
OURS = (ROOT, *(ROOT / f"dj_queue_{vendor}" for vendor in ("postgres", "mysql", "sqlite")))


def install(folder, *distribution_folders):
    """The interpreter of a new environment below `folder`: dj-queue, its plugins and these distributions, from wheels.

    What they need is taken from the environment of this run, where the checkout stays out of sight.
    """
    wheels = [_build(source, folder / "wheels" / source.name) for source in (*OURS, *distribution_folders)]
    _run(sys.executable, "-m", "venv", "--without-pip", folder / "venv")
    python = folder / "venv" / "bin" / "python"
    _run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps", *wheels)
    site = Path(_run(python, "-c", "import sysconfig; print(sysconfig.get_paths()['purelib'])").strip())
    # Lines of such a file name folders; files of this kind in those folders, by which the checkout is found, are not read.
    here = dict.fromkeys(sysconfig.get_paths()[name] for name in ("purelib", "platlib"))
    (site / "needed.pth").write_text("\n".join(here))
    return python


def _build(source, target):
    _run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", target, cwd=source)
    [wheel] = target.glob("*.whl")
    return wheel


def _run(*command, cwd=None):
    done = subprocess.run([*map(str, command)], cwd=cwd, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
