"""`make soak`: an hour of mixed load with faults on each database, one after the other, and whether anything grew.

make soak ARGS="--minutes 10 postgres"
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

from environment import ROOT, say
from full_environment import make_full_environment

TEST = "tests/faults/soak/test_soak.py"


def main(arguments: argparse.Namespace) -> int:
    """Exit code: 0 when nothing grew and every promise held."""
    interpreter = make_full_environment()
    folder = ROOT / ".cache" / "soak" / time.strftime("%Y-%m-%d-%H%M%S")
    environment = {
        **os.environ,
        "DJ_QUEUE_TEST_SOAK": str(arguments.minutes * 60),
        "DJ_QUEUE_TEST_SOAK_FOLDER": str(folder),
    }
    if arguments.databases:
        environment["DJ_QUEUE_TEST_SOAK_DATABASES"] = " ".join(arguments.databases)
    full_run = Path(__file__).with_name("full_run.py")
    run = [interpreter, full_run, "-s", "-p", "no:cacheprovider", "-m", "every_server", TEST]
    code = subprocess.run(run, cwd=ROOT, check=False, env=environment).returncode
    say(f"samples, charts and verdicts: {folder}")
    return code


def read(words: list[str]) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60, help="of load, on each database (default: 60)")
    parser.add_argument(
        "databases", nargs="*", help="backend aliases: default (SQLite), postgres, mysql, ... (default: all)"
    )
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main(read(sys.argv[1:])))
