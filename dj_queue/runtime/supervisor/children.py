"""A forked child as its supervisor sees it: what it runs, and how it ended."""

import contextlib
import logging
import math
import os
import signal
import time
from collections.abc import Collection
from dataclasses import dataclass, field

from dj_queue.exceptions import ProcessExitError
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.topology import ActorPlan

logger = logging.getLogger("dj_queue.supervisor")

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
    began: float = field(default_factory=time.monotonic)
    kill_at: float | None = None
    """When it is killed, by the monotonic clock; None while nobody has asked it to end."""

    def ask_to_end(self, patience: float) -> None:
        """Have it end in order, within `patience` seconds."""
        self.kill_at = time.monotonic() + patience
        send(self.pid, signal.SIGTERM)

    def kill_if_overdue(self) -> None:
        """End it when its time is over."""
        if self.kill_at is not None and time.monotonic() >= self.kill_at:
            logger.error("%s process %d did not end in time: killing it", self.plan.kind, self.pid)
            send(self.pid, signal.SIGKILL)
            self.kill_at = math.inf


@dataclass(slots=True, eq=False)
class ChildPlace:
    """One actor of the plan: the child that fills it, or when to fork the next."""

    plan: ActorPlan
    child: Child | None = None
    fork_at: float = 0.0
    crashes: int = 0
    patience: float = 0.0
    """Seconds that a child gets to end when it is asked to."""

    def is_empty(self) -> bool:
        """Whether no child fills it."""
        return self.child is None

    def is_working(self) -> bool:
        """Whether its child has registered and was not asked to end."""
        return (
            self.child is not None
            and self.child.kill_at is None
            and self.child.placement.vouching.is_registered()
        )

    def is_ending(self) -> bool:
        """Whether its child was asked to end."""
        return self.child is not None and self.child.kill_at is not None

    def ask_to_end(self) -> None:
        """Have its child end in order, and be killed when it takes too long."""
        if self.child is not None:
            self.child.ask_to_end(self.patience)

    def vacate(self, child: Child) -> None:
        """Take note that its child ended; the pause before the next grows while children die young, unasked."""
        if child.kill_at is not None:
            self.child, self.fork_at = None, time.monotonic()
            return
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
