"""The worker: claims ready jobs and has them run by threads or a loop."""

import logging
import math
import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from dj_queue.config.options import WorkerOptions
from dj_queue.contract import ClaimedJob
from dj_queue.operations.claim import claim
from dj_queue.operations.strays import release_strays
from dj_queue.runtime import outcomes
from dj_queue.runtime.actor import Actor, Placement
from dj_queue.runtime.announcer import Announcer
from dj_queue.runtime.async_loop import AsyncLoop
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.execution import Execution
from dj_queue.runtime.hoard import Hoard
from dj_queue.runtime.listeners import Listeners
from dj_queue.runtime.prefetch import Prefetch
from dj_queue.runtime.reclaimer import Reclaimer
from dj_queue.runtime.recorder import Recorder
from dj_queue.runtime.suspects import Suspects
from dj_queue.runtime.thread_pool import ThreadPool
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.worker")

LOOK_EVERY = 0.02
HEAD_START = 0.0005
"""Seconds in which the last jobs there were start before the next look, for which they would wait."""
MOST_UNRECORDED = 10_000
"""Ended jobs that may wait to be recorded, or announced, before no more are claimed."""
LAST_WRITES = 2.0
"""Seconds that the end may take to write outcomes once nothing runs any more."""


class Worker(Actor):
    """Holds as many jobs as will start soon, runs them, and gives back what it cannot start."""

    kind = "worker"

    def __init__(self, services: Services, options: WorkerOptions, placement: Placement) -> None:
        """Work on the queues that `options` select; note started jobs on the placement's board."""
        super().__init__(services, placement)
        self._options = options
        self._board = placement.board
        self._ending = threading.Lock()
        self._is_empty = False
        self._next_poll = 0.0
        self._saw_async = False
        self._may_have_strays = False
        self._paths: set[str] = set()
        self._held: set[Attempt] = set()
        self._execution = Execution(services, self._on_start)
        self._suspects = Suspects(services.options.max_lost_attempts)
        self._prefetch = Prefetch(options.threads, options.prefetch_multiplier)
        self._pool = ThreadPool(options.threads, self._execution, self._on_ended, self.bell.ring)
        self._loop_executor = AsyncLoop(
            options.async_concurrency, self._execution, self._on_ended, self.bell.ring
        )
        self._hoard = Hoard(self._pool, self._loop_executor)
        self._announcer = Announcer(services)
        self._reclaimer = Reclaimer(services)
        self._recorder = Recorder(services, self._is_busy, self._on_settled)
        self._listeners = Listeners(services, options.queues, self.bell)

    def metadata(self) -> Mapping[str, Any]:
        """Queues and sizes."""
        return {
            "queues": [str(selector) for selector in self._options.queues],
            "threads": self._options.threads,
            "async_concurrency": self._options.async_concurrency,
            "polling_interval": self._options.polling_interval,
        }

    def begin(self) -> None:
        """Start threads and listeners."""
        self._announcer.start()
        self._recorder.start()
        self._pool.start()
        self._listeners.start()

    def step(self) -> float:
        """Claim what there is room for, unless the queues were empty a moment ago and nothing hints at more."""
        for attempt in self._hoard.overdue():
            self._release(attempt)
        self._loop_executor.look()
        if self._suspects:
            self._start_suspect()
            return LOOK_EVERY
        if self._lags():
            return LOOK_EVERY
        now = time.monotonic()
        polling = self._listeners.polling_interval(self._options.polling_interval)
        room = self._room()
        if room <= 0:
            return self._hoard.nap(polling)
        if self._is_empty and not self.hinted and now < self._next_poll:
            return self._hoard.nap(self._next_poll - now)
        jobs = self._claim(room)
        self.hinted = False
        self._listeners.led_to(len(jobs))
        self._submit([Attempt(job, self.services.alias) for job in jobs])
        self._is_empty = len(jobs) < room
        self._next_poll = now + polling
        if jobs and self._is_empty:
            time.sleep(HEAD_START)
        return polling if self._is_empty else 0.0

    def end(self) -> None:
        """Give back what has not started, wait for what runs, interrupt the rest, write every outcome."""
        self._listeners.close()
        for attempt in self._take_back():
            self._release(attempt)
        self._pool.close()
        self._wait_for_running()
        for attempt in tuple(self._held):
            self._interrupt(attempt)
        self._loop_executor.close(LAST_WRITES)
        if not self._write_last():
            logger.error("%s could not write every outcome; its jobs will be recovered", self.process.name)
        self._announcer.close(LAST_WRITES)
        self._reclaimer.close(LAST_WRITES)

    def has_hung_threads(self) -> bool:
        """Whether a task still holds a thread after the end: only the end of the process frees it."""
        return not self._pool.join(time.monotonic())

    def _lags(self) -> bool:
        """Whether what waits to be written or told is too much to hold more of it in memory."""
        return max(self._recorder.backlog(), self._announcer.backlog()) > MOST_UNRECORDED

    def _room(self) -> int:
        if self._loop_executor.held() > self._loop_executor.limit:
            return 0  # The loop is full, and the next jobs may be its own.
        running = self._pool.running_since()
        waiting = self._pool.waiting()
        ahead = self._prefetch.ahead(running)
        self._pool.low_water = ahead // 2
        room = self._options.threads + ahead - len(running) - waiting if waiting <= ahead // 2 else 0
        if self._saw_async:
            room = max(room, self._loop_executor.limit - self._loop_executor.held())
        return room

    def _claim(self, room: int) -> list[ClaimedJob]:
        if self._may_have_strays:
            held = {attempt.job.id for attempt in tuple(self._held)}
            known = held | self._suspects.ids() | self._recorder.ids()
            release_strays(self.services, self.process.id, known)
        self._may_have_strays = True
        jobs = claim(self.services, self._options.queues, room, self.process.id)
        self._may_have_strays = False
        return jobs

    def _submit(self, attempts: Sequence[Attempt]) -> None:
        if attempts:
            self._saw_async = False
        for attempt in attempts:
            if not self._prepare(attempt):
                self._on_ended(attempt)
            elif self._suspects.suspects(attempt.job):
                self._suspects.hold(attempt)
            else:
                self._start(attempt)

    def _prepare(self, attempt: Attempt) -> bool:
        """Find the task. The first look may import its module, which counts as started: it can end the process."""
        if attempt.job.task_path in self._paths:
            return self._execution.prepare(attempt)
        slot = self._board.write(attempt.job.id)
        is_found = self._execution.prepare(attempt)
        self._board.wipe(slot)
        if is_found:
            self._paths.add(attempt.job.task_path)
        return is_found

    def _start(self, attempt: Attempt) -> None:
        self._held.add(attempt)
        if attempt.is_async:
            self._saw_async = True
            self._loop_executor.submit(attempt)
        else:
            self._pool.submit(attempt)

    def _start_suspect(self) -> None:
        attempt = self._suspects.next(is_alone=not self._held and self._recorder.is_idle())
        if attempt is not None:
            self._start(attempt)

    def _take_back(self) -> list[Attempt]:
        return self._pool.take_back() + self._loop_executor.take_back() + self._suspects.take_back()

    def _release(self, attempt: Attempt) -> None:
        attempt.outcome = outcomes.of_release(attempt)
        self._recorder.add(attempt)
        self._held.discard(attempt)

    def _interrupt(self, attempt: Attempt) -> None:
        with self._ending:
            if attempt not in self._held:
                return
            attempt.is_given_up = True
        given_back = Attempt(attempt.job, self.services.alias, started_at=attempt.started_at)
        given_back.board_slot = attempt.board_slot
        given_back.outcome = outcomes.of_interruption(given_back)
        self._recorder.add(given_back)

    def _wait_for_running(self) -> None:
        deadline = math.inf
        while self._held and time.monotonic() < deadline:
            if deadline is math.inf and not self.makes_way:
                deadline = time.monotonic() + self.services.options.shutdown_timeout
            if self.stopping_now.wait(LOOK_EVERY):
                return

    def _write_last(self) -> bool:
        """Whether every outcome was written; who makes way has the time to wait for a database."""
        while not (is_written := self._recorder.close(LAST_WRITES)) and self.makes_way:
            pass
        return is_written

    def _is_busy(self) -> bool:
        return bool(self._held)

    def _on_start(self, attempt: Attempt) -> None:
        attempt.board_slot = self._board.write(attempt.job.id)
        self._recorder.watch(attempt)

    def _on_ended(self, attempt: Attempt) -> None:
        self._board.end(attempt.board_slot)
        with self._ending:
            if not attempt.is_given_up and attempt.outcome is not None:
                if attempt.seconds is not None and not attempt.is_async:
                    self._prefetch.learn(attempt.seconds)
                self._recorder.add(attempt)
            self._held.discard(attempt)

    def _on_settled(self, recorded: Sequence[Attempt], fenced: Sequence[Attempt]) -> None:
        for attempt in (*recorded, *fenced):
            self._board.wipe(attempt.board_slot)
        self._announcer.tell(recorded)
        self._reclaimer.ended(len(recorded))
