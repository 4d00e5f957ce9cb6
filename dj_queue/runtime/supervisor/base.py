"""What both supervisors share: identity, boot, heartbeats for all they run, recovery of the silent."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import partial
from uuid import UUID, uuid4

from dj_queue.config.rereading import Reread
from dj_queue.contract import Invocation
from dj_queue.exceptions import DatabaseReplaced
from dj_queue.operations import metrics, processes, recover
from dj_queue.plugins.broadcaster import Broadcaster
from dj_queue.runtime.backoff import Backoff
from dj_queue.runtime.pidfile import Pidfile
from dj_queue.runtime.session import Session
from dj_queue.runtime.supervisor.options_watch import OptionsWatch
from dj_queue.runtime.supervisor.rollout import Place, Rollout
from dj_queue.runtime.topology import ActorPlan, plan
from dj_queue.runtime.vouching import Vouching
from dj_queue.services import adopt, services_for

logger = logging.getLogger("dj_queue.supervisor")

SWEEPS_A_THRESHOLD = 4
MOST_SWEEP_INTERVAL = 15.0
BEATS_OF_GRACE = 2
TICK = 0.5
"""Seconds between looks at what is due."""


class Supervisor[P: Place](ABC):
    """Boots and watches the actors of one backend alias. One thread of its own talks to the database."""

    def __init__(
        self, backend_alias: str = "default", *, invocation: Invocation | None = None, standalone: bool = True
    ) -> None:
        """Supervise this alias; `standalone` says that signals and the pidfile are this process's own."""
        self.services = services_for(backend_alias)
        self.process = processes.describe_process(self.services, "supervisor", uuid4())
        self.standalone = standalone
        self.places: list[P] = []
        self.leaving: list[P] = []
        self.options_watch = OptionsWatch(self.services, self.process, self.on_options_asked)
        self._invocation = invocation or Invocation()
        self.plans = plan(self.services, self._invocation)
        self._rollout = Rollout(self.places, self.leaving, self.add)
        self.stopping = threading.Event()
        self.stopping_now = threading.Event()
        self._pidfile = Pidfile(self.services.options.supervisor_pidfile) if standalone else Pidfile(None)
        self.failure: DatabaseReplaced | None = None
        self._identity: object = None
        self._backoff = Backoff(self.services, "supervisor.maintenance")
        self._is_registered = False
        self.session = Session(self.services.dialect)
        self._is_behind = True
        self._next_try = 0.0
        self._next_heartbeat = 0.0
        self._next_sweep = 0.0

    @abstractmethod
    def run(self) -> None:
        """Run until asked to stop, then stop everything in order.

        Raises:
            PidfileTaken: another supervisor holds the pidfile.
            DatabaseReplaced: the database is not the one it started with.
        """

    @abstractmethod
    def live_actors(self) -> Mapping[UUID, Vouching]:
        """The actors that run and have registered, by identity."""

    @abstractmethod
    def abandon(self, identity: UUID) -> None:
        """End an actor that others gave up: its row is gone, so what it does no longer counts."""

    @abstractmethod
    def add(self, plan: ActorPlan) -> P:
        """Run one more actor."""

    @abstractmethod
    def patience(self) -> float:
        """Seconds that the running jobs of all actors get to end in a stop: the most that any of them was told."""

    def everyone(self) -> list[P]:
        """The places of the plan and those that make way."""
        return [*self.places, *self.leaving]

    @abstractmethod
    def on_options_asked(self) -> None:
        """The sources of options have answered: look soon what they said. Called in a thread of its own."""

    def follow_options(self) -> None:
        """Take over options that have changed, where a source of theirs is asked again; called again and again."""
        reread = self.options_watch.look(self.services)
        if reread is not None:
            self._take_over(reread)
        # During an outage nobody has to make way, with outcomes to write.
        if not self._is_behind:
            self._rollout.step()

    def request_stop(self) -> None:
        """Ask for an orderly end; asked again, for an immediate one."""
        if self.stopping.is_set():
            self.stopping_now.set()
        self.stopping.set()

    def request_stop_now(self) -> None:
        """Ask for an end that waits for no job."""
        self.stopping_now.set()
        self.stopping.set()

    def maintain(self) -> None:
        """Do what is due towards the database; a failing one is tried again later, with growing pauses."""
        self.services.host.calls.tell_overdue()
        now = time.monotonic()
        if now < self._next_try:
            return
        try:
            self._require_same_database()
            self._maintain(now)
            self._backoff.succeeded()
        except Exception as error:
            self._is_behind = True
            self.session.distrust()
            pause = min(self._backoff.failed(error), self.services.options.process_heartbeat_interval)
            self._next_try = time.monotonic() + pause

    def announce_start(self) -> None:
        """Take the pidfile and tell the hooks."""
        self._pidfile.acquire()
        self._tell(self.services.broadcasts.process_started, samples=partial(metrics.collect, self.services))

    def announce_stop(self) -> None:
        """Tell operators and hooks that the end begins."""
        logger.info(
            "stopping: running jobs get %g s to end; a second signal interrupts them",
            self.patience(),
        )
        self._tell(self.services.broadcasts.process_stopping)

    def deregister(self) -> None:
        """Delete the supervisor's row."""
        if not self._is_registered:
            return
        try:
            processes.deregister(self.services, self.process.id)
        except Exception as error:
            logger.warning("%s could not delete its row, others will: %s", self.process.name, error)

    def announce_exit(self) -> None:
        """Tell the hooks that all is over, and give the pidfile back; then say what it ended for, if anything."""
        self._tell(self.services.broadcasts.process_exited)
        self._pidfile.release()
        if self.failure is not None and self.standalone:
            raise self.failure

    def _tell(self, listeners: Broadcaster | None, **facts: object) -> None:
        """Tell of the supervisor itself, while no loop of it may run that could name who hangs."""
        if listeners:
            with self.services.host.calls.watching():
                listeners(process=self.process, **facts)

    def _take_over(self, reread: Reread) -> None:
        self.services = adopt(self.services, reread)
        self.plans = plan(self.services, self._invocation)
        self._rollout.start(self.plans)
        logger.info(
            "options changed: %s; actors that make way, one at a time: %d",
            ", ".join(reread.changed),
            self._rollout.remaining(),
        )

    def _require_same_database(self) -> None:
        """Ask for the end once another database is in the place of the one that this supervisor registered with."""
        if not self._is_registered or self.failure is not None:
            return
        if self.services.dialect.identity() != self._identity:
            self.failure = DatabaseReplaced(
                f"database {self.services.database.alias!r} was moved, deleted or replaced while the queue ran; "
                "start it again when the right one is in place"
            )
            logger.error("%s", self.failure)
            self.request_stop_now()

    def _maintain(self, now: float) -> None:
        options = self.services.options
        self.session.prepare()
        if not self._is_registered:
            self._register()
        # Late by a whole beat: this process was stopped, or its database did not answer.
        self._is_behind |= now > self._next_heartbeat + options.process_heartbeat_interval
        if self._is_behind or now >= self._next_heartbeat:
            self._beat()
            self._next_heartbeat = now + options.process_heartbeat_interval
        sweep_interval = min(options.process_alive_threshold / SWEEPS_A_THRESHOLD, MOST_SWEEP_INTERVAL)
        if self._is_behind:
            # After an outage all rows are old. Others get time to speak before anyone is taken for dead.
            grace = max(sweep_interval, BEATS_OF_GRACE * options.process_heartbeat_interval)
            self._is_behind, self._next_sweep = False, now + grace
        if now >= self._next_sweep:
            self._next_sweep = now + sweep_interval
            recover.recover_silent(self.services)
            recover.recover_ownerless(self.services)

    def _register(self) -> None:
        processes.register(self.services, self.process, None, {"mode": self.services.options.mode})
        self._is_registered = True
        self._identity = self.services.dialect.identity()

    def _beat(self) -> None:
        """Renew the supervisor and all it runs; act on those whose rows are gone."""
        actors = self.live_actors()
        alive = processes.heartbeat(self.services, {self.process.id, *actors})
        if self.process.id not in alive:
            logger.error("%s was taken for dead; registering again", self.process.name)
            self._register()
        for identity, vouching in actors.items():
            if identity in alive:
                vouching.renew()
            elif vouching.is_registered():
                self.abandon(identity)
