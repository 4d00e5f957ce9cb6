"""`make demo`: an environment with the core and SQLite alone, then the demo in it."""

import os
import subprocess
import sys
from pathlib import Path

from environment import ROOT, make, say

EXAMPLES = ROOT / "examples"


def environment() -> Path:
    """The interpreter that runs the demo; ends with exit code 1 when it cannot be made."""
    packages = tuple((EXAMPLES / "requirements.txt").read_text().split())
    try:
        return make(".venv-demo", sys.executable, ("sqlite",), packages)
    except subprocess.CalledProcessError as error:
        say(f"the demo's environment could not be made, this failed: {subprocess.list2cmdline(error.cmd)}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    interpreter = environment()
    # The demo takes this process over, so that Ctrl-C and other signals reach it.
    os.execv(interpreter, [interpreter, EXAMPLES / "demo.py", *sys.argv[1:]])  # noqa: S606 - no shell wanted
