"""Processes that are measured: started, their CPU counted with that of all their children, stopped."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil

PATIENCE = 20
"""Seconds for a process to end after SIGTERM."""


class Processes:
    """Processes that run side by side, such as one supervisor, or four workers of a peer that knows no supervisor."""

    def __init__(self, running: Sequence[subprocess.Popen[bytes]], log: Path) -> None:
        """Watch these processes, whose output goes to `log`."""
        self._running, self._log = running, log

    def cpu(self) -> float:
        """Seconds of CPU of them and all their children, ended ones too."""
        return sum(tree_cpu(process.pid) for process in self._running)

    def require_life(self) -> None:
        """Raise RuntimeError, with the end of the log, when one has ended."""
        if any(process.poll() is not None for process in self._running):
            raise RuntimeError(f"a process ended early:\n{self._log.read_text(errors='replace')[-2000:]}")


@contextmanager
def running(
    command: Sequence[str | Path],
    environment: Mapping[str, str],
    log: Path,
    count: int = 1,
    folder: Path | None = None,
) -> Iterator[Processes]:
    """Run `count` processes of one command for the length of the block."""
    with log.open("wb") as output:
        started = [
            subprocess.Popen(command, env=environment, stdout=output, stderr=output, cwd=folder)
            for _ in range(count)
        ]
    try:
        yield Processes(started, log)
    finally:
        for process in started:
            _stop(process)


def tree_cpu(pid: int) -> float:
    """Seconds of CPU of a process, its children and theirs; 0 when it has ended."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.Error:
        return 0.0
    return sum(map(_cpu, family))


def _cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.Error:
        return 0.0
    # Of children that ended and were waited for; not known on every system.
    ended = getattr(times, "children_user", 0.0) + getattr(times, "children_system", 0.0)
    return float(times.user + times.system + ended)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        for child in psutil.Process(process.pid).children(recursive=True):
            child.kill()
        process.kill()
        process.wait()


def own_cpu() -> float:
    """Seconds of CPU of this process and all it started."""
    return tree_cpu(os.getpid())
