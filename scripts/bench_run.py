"""The benchmark, on the databases that the tests would use; runs inside its environment."""

import os
import subprocess
import sys

from databases import main_databases
from environment import ROOT
from throw_away import throw_away_servers

WITHOUT_SERVERS = {"--redraw", "--help", "-h"}

if __name__ == "__main__":
    run = [sys.executable, "-m", "bench", *sys.argv[1:]]
    if WITHOUT_SERVERS.intersection(sys.argv):
        sys.exit(subprocess.run(run, check=False, cwd=ROOT).returncode)
    with throw_away_servers() as servers:
        found = main_databases(servers)
        code = subprocess.run(run, check=False, cwd=ROOT, env={**os.environ, **found}).returncode
    sys.exit(code)
