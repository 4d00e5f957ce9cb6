"""The async supervisor: every actor is a thread of this one process, which may be a server's."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from dj_queue.contract import Invocation
from dj_queue.exceptions import ProcessExitError
from dj_queue.operations.recover import recover_process
from dj_queue.runtime.actor import Actor, Placement
from dj_queue.runtime.process_end import end_if_held
from dj_queue.runtime.process_title import set_process_title
from dj_queue.runtime.signals import Signals
from dj_queue.runtime.supervisor.base import TICK, Supervisor
from dj_queue.runtime.supervisor.keeper import Keeper
from dj_queue.runtime.topology import ActorPlan
from dj_queue.runtime.vouching import Vouching

logger = logging.getLogger("dj_queue.supervisor")

LAST_WRITES = 5.0
LOOK_EVERY = 0.02


@dataclass(slots=True, eq=False)
class ThreadPlace:
    """One actor of the plan and the thread it runs in."""

    plan: ActorPlan
    actor: Actor
    thread: threading.Thread

    def is_empty(self) -> bool:
        """Whether its actor has ended."""
        return not self.thread.is_alive()

    def is_working(self) -> bool:
        """Whether its actor has come to its work."""
        return self.thread.is_alive() and self.actor.placement.vouching.is_at_work()

    def make_way(self) -> None:
        """Have its actor end when what it runs has ended."""
        self.actor.make_way()


class AsyncSupervisor(Supervisor[ThreadPlace]):
    """Runs all actors in threads. Embedded (`standalone=False`) it leaves signals to its host.

    A task that starves the interpreter also starves this process's heartbeats: fork mode does not have that.
    """

    def __init__(
        self, backend_alias: str = "default", *, invocation: Invocation | None = None, standalone: bool = True
    ) -> None:
        """See `Supervisor`."""
        super().__init__(backend_alias, invocation=invocation, standalone=standalone)
        self._keeper = Keeper(self._keep, lambda: None)
        self._pause: Callable[[float], None] = time.sleep
        self._end_lock = threading.RLock()
        self._is_running = False

    def run(self) -> None:
        """Start, wait for a signal, stop. Ends the process where a task still holds it up."""
        set_process_title("async", self.services.alias)
        with Signals(self.request_stop, self.request_stop_now) as signals:
            self._pause = signals.wait
            self.start()
            while not self.stopping.is_set():
                signals.wait(TICK)
                self.services.host.calls.tell_overdue()
            self.stop()
        end_if_held()

    def start(self) -> None:
        """Start every actor and return. Where one cannot be started, none is left running.

        Raises:
            RuntimeError: it runs already, or was stopped: make another one.
        """
        if self._is_running or self.stopping.is_set():
            raise RuntimeError(f"{self.process.name} was started before; make another supervisor")
        self.announce_start()
        self._is_running = True
        try:
            for plan in self.plans:
                self.add(plan)
            self._keeper.start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop every actor in order and return when all have ended or their time is over. Harmless when repeated."""
        self.stopping.set()
        with self._end_lock:
            was_running, self._is_running = self._is_running, False
            if was_running:
                self._stop()

    def live_actors(self) -> Mapping[UUID, Vouching]:
        """The actors whose threads run and that have registered."""
        placements = [place.actor.placement for place in self.everyone() if place.thread.is_alive()]
        return {p.identity: p.vouching for p in placements if p.vouching.is_registered()}

    def abandon(self, identity: UUID) -> None:
        """Stop an actor that another node gave up; the next look starts a new one."""
        for place in self.everyone():
            if place.actor.process.id == identity:
                logger.error("%s was taken for dead by another node: replacing it", place.actor.process.name)
                place.actor.stop_now()

    def add(self, plan: ActorPlan) -> ThreadPlace:
        """Start one more actor."""
        place = ThreadPlace(plan, *self._launch(plan))
        self.places.append(place)
        return place

    def patience(self) -> float:
        """By the options that the actors were made with."""
        timeouts = (place.actor.services.options.shutdown_timeout for place in self.everyone())
        return max(timeouts, default=0.0)

    def on_options_asked(self) -> None:
        """Have the keeper look."""
        self._keeper.poke()

    def _stop(self) -> None:
        self.announce_stop()
        deadline = time.monotonic() + self.patience() + LAST_WRITES
        while time.monotonic() < deadline:
            # The keeper may just have made one more.
            alive = [place.actor for place in self.everyone() if place.thread.is_alive()]
            if not alive:
                break
            for actor in alive:
                actor.stop()
            if self.stopping_now.is_set():
                for actor in alive:
                    actor.stop_now()
                deadline = min(deadline, time.monotonic() + LAST_WRITES)
            self._pause(LOOK_EVERY)
        self._keeper.close(self.deregister, LAST_WRITES)
        self.announce_exit()

    def _launch(self, plan: ActorPlan) -> tuple[Actor, threading.Thread]:
        actor = plan.make(self.services, Placement(self.process.id))
        thread = threading.Thread(target=actor.run, name=f"dj_queue-{plan.kind}", daemon=True)
        thread.start()
        return actor, thread

    def _keep(self) -> None:
        """By the keeper: heartbeats and sweeps, and new threads for those that ended."""
        self.maintain()
        if self.stopping_now.is_set():
            for place in self.everyone():
                place.actor.stop_now()
        # First those that ended for themselves: what makes way is not started again.
        self._replace_ended()
        if not self.stopping.is_set():
            self.follow_options()

    def _replace_ended(self) -> None:
        """Start actors again whose threads ended though nobody asked them to; forget those that made way."""
        for place in [each for each in self.everyone() if not each.thread.is_alive()]:
            if self.stopping.is_set():
                return
            placement, board = place.actor.placement, place.actor.placement.board
            cause = ProcessExitError(f"the {place.plan.kind} thread {place.actor.process.name} ended")
            try:
                recover_process(self.services, placement.identity, cause, board.started(), board.ended())
            except Exception:
                logger.exception("recovering %s", place.actor.process.name)
                continue
            if place in self.leaving:
                self.leaving.remove(place)
            else:
                place.actor, place.thread = self._launch(place.plan)
