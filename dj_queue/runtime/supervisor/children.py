"""A forked child as its supervisor sees it: what it runs, and how it ended."""

import contextlib
import os
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from dj_queue.exceptions import ProcessExitError
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.topology import ActorPlan

HEALTHY_AFTER = 30.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
ENDED = os.WEXITED | os.WNOHANG | os.WNOWAIT
INIT = 1
"""The pid whose process inherits everybody's orphans, as the supervisor of a container does."""


@dataclass(slots=True)
class Child:
    """One forked actor."""

    plan: ActorPlan
    pid: int
    placement: Placement
    shutdown_timeout: float
    """Seconds that its running jobs get to end when it is stopped: its options, not its supervisor's newer ones."""
    began: float = field(default_factory=time.monotonic)


@dataclass(slots=True, eq=False)
class ChildPlace:
    """One actor of the plan: the child that fills it, or when to fork the next."""

    plan: ActorPlan
    child: Child | None = None
    fork_at: float = 0.0
    crashes: int = 0

    def is_empty(self) -> bool:
        """Whether no child fills it."""
        return self.child is None

    def is_working(self) -> bool:
        """Whether its child has come to its work."""
        child = self.child
        return child is not None and child.placement.vouching.is_at_work()

    def make_way(self) -> None:
        """Have its child end when what it runs has ended."""
        if self.child is not None:
            self.child.placement.vouching.ask_to_make_way()

    def vacate(self, child: Child) -> None:
        """Take note that its child died; the pause before the next grows while children die young."""
        lived = time.monotonic() - child.began
        self.crashes = 0 if lived > HEALTHY_AFTER else self.crashes + 1
        pause = 0.0 if self.crashes <= 1 else min(FIRST_PAUSE * 2 ** min(self.crashes, 10), LONGEST_PAUSE)
        self.child, self.fork_at = None, time.monotonic() + pause

    def postpone(self) -> None:
        """Take note that no process could be made now."""
        self.fork_at = time.monotonic() + LONGEST_PAUSE


def exit_cause(status: int) -> ProcessExitError:
    """The wait status in words: the signal by name, or the exit code."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        try:
            name = signal.Signals(number).name
        except ValueError:
            name = f"signal {number}"
        return ProcessExitError(f"the worker process was killed by {name}")
    return ProcessExitError(f"the worker process exited with code {os.waitstatus_to_exitcode(status)}")


def send(pid: int, number: signal.Signals) -> None:
    """Send a signal to a child that may be gone."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def reap_orphans(own: Collection[int]) -> None:
    """Take leave of dead processes that tasks left behind, where this process is the one that inherits them."""
    if os.getpid() != INIT:
        return
    with contextlib.suppress(ChildProcessError):
        while (dead := os.waitid(os.P_ALL, 0, ENDED)) is not None and dead.si_pid not in own:
            os.waitpid(dead.si_pid, 0)
