"""The fork supervisor: a process for each actor, replaced within moments when it dies."""

import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Mapping
from uuid import UUID

from dj_queue.exceptions import ProcessExitError
from dj_queue.operations.processes import deregister
from dj_queue.operations.recover import recover_process
from dj_queue.runtime.actor import Placement
from dj_queue.runtime.backoff import Backoff
from dj_queue.runtime.db_connections import close_before_fork
from dj_queue.runtime.lifeline import Lifeline
from dj_queue.runtime.process_title import set_process_title
from dj_queue.runtime.signals import Signals, held_back
from dj_queue.runtime.supervisor.base import TICK, Supervisor
from dj_queue.runtime.supervisor.child_main import LAST_WRITES, run_child
from dj_queue.runtime.supervisor.children import Child, ChildPlace, exit_cause, reap_orphans, send
from dj_queue.runtime.supervisor.keeper import Keeper
from dj_queue.runtime.topology import ActorPlan
from dj_queue.runtime.vouching import Vouching

logger = logging.getLogger("dj_queue.supervisor")

KILL_GRACE = LAST_WRITES + 2.0
"""Seconds beyond `shutdown_timeout` that a child gets before it is killed: more than it takes for its last writes."""


class ForkSupervisor(Supervisor[ChildPlace]):
    """Holds no thread and no database connection while it forks. Vouches for its children's heartbeats."""

    def run(self) -> None:
        """Fork every actor, replace the dead, and stop all in order when asked to."""
        self._lifeline = Lifeline()
        for plan in self.plans:
            self.add(plan)
        self._lost: deque[tuple[Child, ProcessExitError]] = deque()
        self._given_up: deque[UUID] = deque()
        self._recovery = Backoff(self.services, "supervisor.recovery")
        self._next_recovery = 0.0
        with Signals(self.request_stop, self.request_stop_now) as self._signals:
            self._keeper = Keeper(self._keep, self._signals.wake)
            self.announce_start()
            set_process_title("supervisor", self.services.alias)
            while not self.stopping.is_set():
                self._tick()
            self.announce_stop()
            self._stop_children()
            self._keeper.close(self._write_last, LAST_WRITES)
            self.announce_exit()
        self._lifeline.close()

    def live_actors(self) -> Mapping[UUID, Vouching]:
        """The children that run now and have registered."""
        placements = [child.placement for child in self._children()]
        return {p.identity: p.vouching for p in placements if p.vouching.is_registered()}

    def abandon(self, identity: UUID) -> None:
        """Have a child killed that another node gave up; a new one takes its place."""
        self._given_up.append(identity)
        self._signals.wake()

    def add(self, plan: ActorPlan) -> ChildPlace:
        """Have one more place, to be filled at the next tick."""
        place = ChildPlace(plan)
        self.places.append(place)
        return place

    def patience(self) -> float:
        """By the options that the children were forked with."""
        return max((child.shutdown_timeout for child in self._children()), default=0.0)

    def on_options_asked(self) -> None:
        """Wake the main thread."""
        self._signals.wake()

    def _tick(self) -> None:
        self.services.host.calls.tell_overdue()
        self._reap()
        self._kill_given_up()
        self.follow_options()
        self._fork_missing()
        if self._lost:
            self._keeper.poke()
        self._signals.wait(TICK)

    def _children(self) -> list[Child]:
        # The main thread may empty a place while the keeper looks.
        return [child for place in self.everyone() if (child := place.child) is not None]

    def _fork_missing(self) -> None:
        now = time.monotonic()
        missing = [place for place in self.places if place.child is None and now >= place.fork_at]
        if missing and not self.options_watch.is_asking():
            if not self._keeper.pause():
                return  # Its database holds it up; it wakes this thread when it has ended.
            close_before_fork()
            self.session.distrust()
            for place in missing:
                self._fork(place)
        self._keeper.start()

    def _fork(self, place: ChildPlace) -> None:
        placement = Placement(self.process.id)
        sys.stdout.flush()
        sys.stderr.flush()
        with held_back():
            try:
                pid = os.fork()
            except OSError:
                logger.exception("no %s process could be forked; trying again", place.plan.kind)
                place.postpone()
                return
            if pid == 0:
                run_child(self.services, place.plan, placement, self._lifeline, self._signals)
        place.child = Child(place.plan, pid, placement, self.services.options.shutdown_timeout)

    def _reap(self) -> None:
        for place in self.everyone():
            child = place.child
            if child is None:
                continue
            try:
                pid, status = os.waitpid(child.pid, os.WNOHANG)
            except ChildProcessError:
                pid, status = child.pid, 0
            if pid == 0:
                continue
            cause = exit_cause(status)
            is_leaving = place in self.leaving
            if not self.stopping.is_set() and not (is_leaving and status == 0):
                logger.error("%s process %d ended: %s", child.plan.kind, child.pid, cause)
            place.vacate(child)
            if is_leaving:
                self.leaving.remove(place)
            self._lost.append((child, cause))
        reap_orphans({child.pid for child in self._children()})

    def _kill_given_up(self) -> None:
        while self._given_up:
            identity = self._given_up.popleft()
            for child in self._children():
                if child.placement.identity == identity:
                    logger.error(
                        "%s process %d was taken for dead by another node: replacing it",
                        child.plan.kind,
                        child.pid,
                    )
                    send(child.pid, signal.SIGKILL)

    def _keep(self) -> None:
        """By the keeper: heartbeats, sweeps, and what dead children held."""
        self._recover_lost()
        self.maintain()

    def _write_last(self) -> None:
        """By the keeper, at the end."""
        self._next_recovery = 0.0
        self._recover_lost()
        self.deregister()

    def _recover_lost(self) -> None:
        """Give back what dead children held; kept and tried again while the database is away."""
        if time.monotonic() < self._next_recovery:
            return
        try:
            if self._lost:
                self.session.prepare()
            while self._lost:
                child, cause = self._lost[0]
                placement = child.placement
                if child.plan.kind == "worker":
                    board = placement.board
                    recover_process(self.services, placement.identity, cause, board.started(), board.ended())
                deregister(self.services, placement.identity)
                placement.close()
                self._lost.popleft()
            self._recovery.succeeded()
        except Exception as error:
            self.session.distrust()
            self._next_recovery = time.monotonic() + self._recovery.failed(error)

    def _stop_children(self) -> None:
        self._keeper.start()
        deadline = time.monotonic() + self.patience() + KILL_GRACE
        self._signal_all(signal.SIGQUIT if self.stopping_now.is_set() else signal.SIGTERM)
        was_told_now = self.stopping_now.is_set()
        while self._children() and time.monotonic() < deadline:
            if self.stopping_now.is_set() and not was_told_now:
                was_told_now = True
                self._signal_all(signal.SIGQUIT)
                deadline = min(deadline, time.monotonic() + KILL_GRACE)
            self._signals.wait(TICK)
            self._reap()
        for child in self._children():
            logger.error("%s process %d did not end in time: killing it", child.plan.kind, child.pid)
            send(child.pid, signal.SIGKILL)
        while self._children():
            self._signals.wait(TICK)
            self._reap()

    def _signal_all(self, number: signal.Signals) -> None:
        for child in self._children():
            send(child.pid, number)
