"""The end of a process that runs tasks: one that hangs must not hold it."""

import atexit
import logging
import os
import sys
import threading

logger = logging.getLogger("dj_queue.runtime")


def end_if_held() -> None:
    """End the process now, in good order, if threads are left that tasks started: Python would wait for them.

    Its own threads are daemons. Those of executors are waited for even then.
    """
    this = threading.current_thread()
    left = [thread.name for thread in threading.enumerate() if thread is not this and not _is_ours(thread)]
    if not left:
        return
    logger.debug("ending without waiting for %s", ", ".join(left))
    atexit._run_exitfuncs()  # noqa: SLF001 - Python itself runs them only after that wait
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _is_ours(thread: threading.Thread) -> bool:
    return thread.name.startswith("dj_queue-")
