"""Hands: the worker processes that a caller of `claim_ready_jobs` registers, kept alive while they hold jobs."""

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from uuid import UUID, uuid4

from dj_queue.contract import ClaimedJob, ProcessInfo, Selector
from dj_queue.operations import processes
from dj_queue.operations.claim import claim
from dj_queue.runtime.db_connections import close_all
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.worker")

KIND = "worker"


@dataclass(frozen=True, slots=True, eq=False)
class Hand:
    """One call's claim: the process row that holds it, and the jobs that have not ended yet."""

    services: Services
    process: ProcessInfo
    jobs: set[UUID]


class Hands:
    """The hands of this process, and one thread that sends their heartbeats while there are any."""

    def __init__(self) -> None:
        """Hold nothing."""
        self._lock = threading.Lock()
        self._hands: dict[UUID, Hand] = {}
        self._heart: threading.Thread | None = None
        self._taken = threading.Event()

    def claim(self, services: Services, selectors: Sequence[Selector], limit: int) -> list[ClaimedJob]:
        """Register a process and take up to `limit` jobs for it; without jobs it is gone again."""
        process = processes.describe_process(services, KIND, uuid4())
        metadata = {"queues": [str(selector) for selector in selectors], "by_hand": True}
        processes.register(services, process, None, metadata)
        jobs: list[ClaimedJob] = []
        try:
            jobs = claim(services, selectors, limit, process.id)
        finally:
            if not jobs:
                processes.deregister(services, process.id)
        if jobs:
            self._take_up(Hand(services, process, {job.id for job in jobs}))
        return jobs

    def holds(self, process_id: UUID | None) -> bool:
        """Whether the process is a hand of this caller."""
        return process_id in self._hands

    def let_go(self, job: ClaimedJob) -> None:
        """Forget a job that ended; the process goes with its last one."""
        with self._lock:
            hand = self._hands.get(job.process_id)
            if hand is None:
                return
            hand.jobs.discard(job.id)
            if hand.jobs:
                return
            del self._hands[job.process_id]
        try:
            processes.deregister(hand.services, hand.process.id)
        except Exception as error:
            logger.warning("%s could not delete its row, others will: %s", hand.process.name, error)

    def _take_up(self, hand: Hand) -> None:
        with self._lock:
            self._hands[hand.process.id] = hand
            self._taken.set()
            if self._heart is None:
                self._heart = threading.Thread(target=self._beat, name="dj_queue-hands", daemon=True)
                self._heart.start()

    def _beat(self) -> None:
        due = inf
        while held := self._held_or_end():
            now = time.monotonic()
            if now >= due:
                self._forget([hand for hand in held if not _sends_heartbeat(hand)])
                close_all()
                due = inf
            due = min(due, now + min(hand.services.options.process_heartbeat_interval for hand in held))
            self._taken.wait(due - now)
            self._taken.clear()

    def _forget(self, given_up: Sequence[Hand]) -> None:
        with self._lock:
            for hand in given_up:
                self._hands.pop(hand.process.id, None)

    def _held_or_end(self) -> list[Hand]:
        with self._lock:
            if not self._hands:
                self._heart = None
            return list(self._hands.values())


def _sends_heartbeat(hand: Hand) -> bool:
    """Whether the hand may live on: one whose row is gone was given up, a database that fails may come back."""
    try:
        is_alive = bool(processes.heartbeat(hand.services, {hand.process.id}))
    except Exception as error:
        logger.warning("%s could not send its heartbeat: %s", hand.process.name, error)
        return True
    if not is_alive:
        logger.warning("%s was taken for dead; its jobs run elsewhere", hand.process.name)
    return is_alive


_hands = Hands()


def hands() -> Hands:
    """The hands of this process."""
    return _hands


def _start_over() -> None:
    """In a forked child: the parent holds its jobs, and a lock that another thread held would never open."""
    global _hands  # noqa: PLW0603 - one per process
    _hands = Hands()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_over)
