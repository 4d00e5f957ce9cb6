"""What a worker, a dispatcher and a scheduler share: a registered process, a loop, and an orderly end."""

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from dj_queue.contract import ProcessInfo
from dj_queue.operations import metrics, processes
from dj_queue.runtime.backoff import Backoff
from dj_queue.runtime.db_connections import close_all
from dj_queue.runtime.doorbell import Doorbell
from dj_queue.runtime.quiet_polling import quiet_polling
from dj_queue.runtime.session import Session
from dj_queue.runtime.started_board import StartedBoard
from dj_queue.runtime.vouching import Vouching
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.runtime")

FORSAKEN_PAUSE = 0.2
"""Seconds between looks whether a silent supervisor speaks again."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an actor runs: the identity its supervisor knows it by, and what the two share.

    Made before the fork, so that the shared memory is the same on both sides.
    """

    supervisor_id: UUID | None = None
    identity: UUID = field(default_factory=uuid4)
    board: StartedBoard = field(default_factory=StartedBoard)
    vouching: Vouching = field(default_factory=Vouching)

    def close(self) -> None:
        """In the supervisor, once the actor is over."""
        self.board.close()
        self.vouching.close()


class Actor(ABC):
    """One runtime role. `run` blocks until `stop`; a failing database is waited for, never a reason to end."""

    kind: str

    def __init__(self, services: Services, placement: Placement) -> None:
        """Prepare to run; connects to nothing yet. Made in the process that runs it."""
        self.services = services
        self.placement = placement
        self.bell = Doorbell()
        self.hinted = False
        self.stopping = threading.Event()
        self.stopping_now = threading.Event()
        self.makes_way = False
        self._polling = quiet_polling if services.options.silence_polling else nullcontext
        self._session = Session(services.dialect)
        self.process: ProcessInfo = processes.describe_process(services, self.kind, placement.identity)

    def run(self) -> None:
        """Register, work until stopped, deregister."""
        backoff = Backoff(self.services, f"{self.kind}.loop")
        backoff.process = self.process
        self._register(backoff)
        if self.placement.vouching.is_registered():
            if self.services.broadcasts.process_started:
                self.services.broadcasts.process_started(
                    process=self.process, samples=partial(metrics.collect, self.services)
                )
            self._begin()
            self.placement.vouching.begin_work()
            self._loop(backoff)
            if self.services.broadcasts.process_stopping:
                self.services.broadcasts.process_stopping(process=self.process)
            self.end()
            self._deregister()
        close_all()

    def stop(self) -> None:
        """Ask for an orderly end. Safe from any thread."""
        self.makes_way = False
        self.stopping.set()
        self.bell.ring()

    def make_way(self) -> None:
        """Ask for an end that waits for whatever runs, however long; a `stop` may follow. Safe from any thread."""
        if not self.stopping.is_set():
            self.makes_way = True
            self.stopping.set()
            self.bell.ring()

    def stop_now(self) -> None:
        """Ask for the end without waiting for running jobs."""
        self.stopping_now.set()
        self.stop()

    def metadata(self) -> Mapping[str, Any]:
        """What operators see beside the process's row."""
        return {}

    def begin(self) -> None:
        """Start what the loop needs; called once registered."""

    @abstractmethod
    def step(self) -> float:
        """Do what is due; returns the seconds to wait for a ring before the next step."""

    def end(self) -> None:
        """Stop what `begin` started."""

    def _begin(self) -> None:
        """Begin, or leave neither a thread nor a row behind."""
        try:
            self.begin()
        except BaseException:
            try:
                self.end()
            except Exception as error:
                # What never started cannot be ended; what let it fail to begin is told by the other error.
                logger.warning("%s could not begin, nor end in order: %s", self.process.name, error)
            self._deregister()
            close_all()
            raise

    def _loop(self, backoff: Backoff) -> None:
        while not self.stopping.is_set():
            if self._is_forsaken():
                self.stopping.wait(FORSAKEN_PAUSE)
                continue
            try:
                self._session.prepare()
                with self._polling():
                    pause = self.step()
                backoff.succeeded()
            except Exception as error:
                self._session.distrust()
                pause = backoff.failed(error)
                self.stopping.wait(pause)
                continue
            if pause > 0 and not self.stopping.is_set():
                self.hinted |= self.bell.wait(pause)

    def _is_forsaken(self) -> bool:
        """Whether nobody has vouched for this process for so long that others may have given it up."""
        return self.placement.vouching.silence() > self.services.options.process_alive_threshold

    def _register(self, backoff: Backoff) -> None:
        while not self.stopping.is_set():
            try:
                self._session.prepare()
                processes.register(self.services, self.process, self.placement.supervisor_id, self.metadata())
            except Exception as error:
                self._session.distrust()
                self.stopping.wait(backoff.failed(error))
                continue
            self.placement.vouching.register()
            logger.info("started %s", self.process.name)
            return

    def _deregister(self) -> None:
        self.placement.vouching.leave()
        try:
            processes.deregister(self.services, self.process.id)
        except Exception as error:
            logger.warning("%s could not delete its row, others will: %s", self.process.name, error)
        logger.info("stopped %s", self.process.name)
        if self.services.broadcasts.process_exited:
            self.services.broadcasts.process_exited(process=self.process)
