"""The directory in which prometheus_client keeps a file for each process, so that a scrape can sum them."""

import os
from pathlib import Path

from prometheus_client.multiprocess import mark_process_dead

from dj_queue_prometheus import configuration


def clean() -> None:
    """Make the directory, and delete what the processes of an earlier run left there.

    Files of processes that end later stay until the next start: a sum must not go down.
    """
    directory = configuration.directory()
    if directory is None:
        return
    directory.mkdir(parents=True, exist_ok=True)
    _delete_of_dead(directory, "*_*.db")


def bury_the_killed() -> None:
    """Delete the live gauges of processes that could not do so themselves; called by the one that takes a place."""
    directory = configuration.directory()
    if directory is not None:
        _delete_of_dead(directory, "gauge_live*_*.db")


def forget_this_process() -> None:
    """Delete the live gauges of this process, which ends: such as a project may have of its own."""
    directory = configuration.directory()
    if directory is not None:
        mark_process_dead(os.getpid(), str(directory))  # type: ignore[no-untyped-call]


def _delete_of_dead(directory: Path, pattern: str) -> None:
    for file in directory.glob(pattern):
        if not _is_alive(_pid_of(file)):
            file.unlink(missing_ok=True)


def _pid_of(file: Path) -> int | None:
    text = file.stem.rpartition("_")[2]
    return int(text) if text.isdecimal() else None


def _is_alive(pid: int | None) -> bool:
    """Whether there is such a process; an unreadable name is nobody's to delete."""
    if pid is None:
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
