"""`make faults`: every fault on every database, in full, and the page that says what held."""

import os
import subprocess
import sys
from pathlib import Path

from environment import ROOT
from full_environment import make_full_environment

COLLECTED = ROOT / ".cache" / "faults.json"
FULL = {
    "DJ_QUEUE_TEST_FAULTS": "full",
    "DJ_QUEUE_TEST_ROUNDS": "10",
    "DJ_QUEUE_TEST_OUTAGE": "60",
    "DJ_QUEUE_TEST_FAULT_REPORT": str(COLLECTED),
}
"""What the environment does not say otherwise."""


def main(arguments: list[str]) -> int:
    """Exit code of the run; the page is written whatever it is."""
    interpreter = make_full_environment()
    COLLECTED.parent.mkdir(exist_ok=True)
    environment = {**FULL, **os.environ}
    full_run = Path(__file__).with_name("full_run.py")
    run = [interpreter, full_run, "-m", "fault", "--timeout", "1800", *arguments]
    code = subprocess.run(run, cwd=ROOT, check=False, env=environment).returncode
    words = [f"{name}={environment[name]}" for name in FULL if name in os.environ]
    report = [interpreter, "-m", "tests.faults.report", COLLECTED, " ".join([*words, "make faults"])]
    subprocess.run(
        report, cwd=ROOT, check=True, env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.project.settings"}
    )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
