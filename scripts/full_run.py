"""The whole suite, on every database there is; runs inside the test environment."""

import os
import subprocess
import sys

from databases import MORE, main_databases, more_databases
from environment import say
from throw_away import throw_away_servers

MARK = "every_server"
FAULTS = "DJ_QUEUE_TEST_FAULTS"
STREAMS = ("-n", "2", "--dist", "loadscope")
"""Of the whole suite, which waits for processes more than it computes; few tests are easier to follow one by one."""

if __name__ == "__main__":
    arguments = sys.argv[1:]
    with throw_away_servers() as servers:
        found = main_databases(servers)
        wants_all = not arguments or any(MARK in word for word in arguments)
        if wants_all or MORE in os.environ or os.environ.get(FAULTS) == "full":
            found |= more_databases(servers)
        else:
            say(f'newer servers and PgBouncer: not tested, ARGS="-m {MARK}" and a run of the whole suite do')
        run = [sys.executable, "-m", "pytest", "-q", *(arguments or STREAMS)]
        code = subprocess.run(run, check=False, env={**os.environ, **found}).returncode
    sys.exit(code)
