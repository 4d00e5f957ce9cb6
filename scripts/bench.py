"""`make bench`: an environment with every plugin, then the benchmark in it."""

import subprocess
import sys
from pathlib import Path

from environment import ROOT, group, make
from system_packages import installable_plugins


def main(arguments: list[str]) -> int:
    """Exit code of the benchmark."""
    plugins = installable_plugins()
    interpreter = make(".venv-bench", sys.executable, plugins, (*group("bench"), "psycopg[binary]"))
    script = Path(__file__).with_name("bench_run.py")
    return subprocess.run([interpreter, script, *arguments], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
