"""A key of a database, and forks of the process under test."""

import os
import warnings

KEY = "0123456789ab"


def in_fork(work):
    """The exit code of a fork of this process that does `work`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        try:
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
