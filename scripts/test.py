"""`make test`: the whole suite once on every database, then a smoke run for each other Python and Django."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import sid
from environment import ROOT, group, make, say
from full_environment import DJANGOS, NEWEST_DJANGO, make_full_environment
from full_environment import django as django_of
from places import MACHINE, Place

PYTHONS = ("3.12", "3.13", "3.14")


def main(arguments: list[str]) -> int:
    """Exit code of the worst run; the full run is last, so that its summary ends the output."""
    failed = 0 if arguments else smoke_matrix()
    interpreter = make_full_environment()
    result = subprocess.run(
        [interpreter, Path(__file__).with_name("full_run.py"), *arguments], cwd=ROOT, check=False
    )
    return result.returncode or failed


def smoke_matrix() -> int:
    """Run the smoke tests on each Python and Django but the one of the full run; returns how many failed."""
    failed = 0
    for version in PYTHONS:
        python = _find(version)
        if python is None:
            say(f"Python {version}: not tested, it is not on this machine")
            continue
        for django in DJANGOS:
            if django == NEWEST_DJANGO and python.is_this_one():
                continue
            failed += _smoke(python, django)
    return failed


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter and where it runs."""

    version: str
    path: str
    place: Place = MACHINE

    def is_this_one(self) -> bool:
        """Whether it runs this script."""
        return self.place == MACHINE and os.path.samefile(self.path, os.path.realpath(sys.executable))


def _smoke(python: Python, series: str) -> int:
    packages = (*group("test"), django_of(series))
    name = f".venv-{python.version}-{series}"
    interpreter = make(name, python.path, ("sqlite",), packages, python.place)
    run = python.place.command(interpreter, "-m", "pytest", "-q", "-m", "smoke", "-p", "no:cacheprovider")
    result = subprocess.run(
        run, cwd=ROOT, check=False, capture_output=True, text=True, env=_without_servers()
    )
    label = f"Python {python.version}, Django {series}"
    if result.returncode:
        say(f"{label}: FAILED")
        print(result.stdout[-6000:], result.stderr[-2000:])
        return 1
    say(f"{label}: smoke run ok ({result.stdout.strip().splitlines()[-1]})")
    return 0


def _without_servers() -> dict[str, str]:
    """The environment without the servers it names: smoke runs have no drivers for them."""
    return {name: value for name, value in os.environ.items() if not name.startswith("DJ_QUEUE_TEST_")}


def _find(version: str) -> Python | None:
    """This Python of the machine, else of the tree that `make servers` prepares."""
    shell = shutil.which("sh") or "sh"
    command = [shell, str(ROOT / "scripts" / "find_python.sh"), version]
    found = subprocess.run(command, check=False, capture_output=True, text=True).stdout.strip()
    if found:
        return Python(version, found)
    newest = sid.place("newest")
    others = newest.programs(f"bin/python{version}") if newest else []
    return Python(version, str(others[0]), newest) if newest and others else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
