"""`make check`: format, lint, layers, types and the documentation's site; every check runs, any failure fails."""

import subprocess
import sys
from pathlib import Path

from environment import ROOT, group, make, say
from system_packages import installable_plugins

CHECKS = (
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("layers", ["lint-imports", ".importlinter.toml", "--no-cache"]),
    ("types", ["mypy"]),
    ("docs", ["sphinx-build", "-q", "-E", "-W", "--keep-going", "-b", "html", "docs", ".cache/docs"]),
)


def run(interpreter: Path) -> bool:
    """Whether every check passed."""
    passed = True
    for name, command in CHECKS:
        result = subprocess.run(
            [interpreter.parent / command[0], *command[1:]],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
        )
        say(f"{name}: {'ok' if result.returncode == 0 else 'FAILED'}")
        if result.returncode:
            print(result.stdout[-6000:], result.stderr[-2000:])
        passed = passed and result.returncode == 0
    return passed


if __name__ == "__main__":
    environment = make(
        ".venv-check",
        sys.executable,
        installable_plugins(),
        (*group("test"), *group("check"), *group("docs")),
    )
    sys.exit(0 if run(environment) else 1)
