"""A plugin that does not return from its hook for one job, until it is let go."""

import os
import time
from pathlib import Path

from dj_queue.contract import hookimpl

VARIABLE = "TESTS_HANGING_LISTENER"
"""Names a file; once it is there, the hook returns."""


@hookimpl
def dj_queue_job_started(job):
    while job.queue_name == "hangs" and not Path(os.environ[VARIABLE]).exists():
        time.sleep(0.1)
