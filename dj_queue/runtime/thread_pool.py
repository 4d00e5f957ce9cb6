"""The thread pool: runs `def` tasks, one at a time in each thread, in the order they were claimed."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextvars import copy_context

from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.db_connections import close_all, distrust, reset_after_task
from dj_queue.runtime.execution import Execution

logger = logging.getLogger("dj_queue.worker")

IDLE_CLOSES_CONNECTIONS = 10.0
"""Seconds without a job after which a thread closes its database connections."""
TRUST = 1.0
"""Seconds since a job began after which the next one on the thread has the connections looked at first."""

type Ended = Callable[[Attempt], None]


class ThreadPool:
    """A fixed number of threads over one queue of attempts."""

    def __init__(self, size: int, execution: Execution, on_ended: Ended, on_low: Callable[[], None]) -> None:
        """Tell `on_ended` of each attempt that ended and `on_low` when few are left waiting."""
        self.size = size
        self._execution = execution
        self._on_ended = on_ended
        self._on_low = on_low
        self._queue: queue.SimpleQueue[Attempt | None] = queue.SimpleQueue()
        self._began: list[float | None] = [None] * size
        self._last_began = [0.0] * size
        self._threads: list[threading.Thread] = []
        self.low_water = 0
        """Waiting attempts at which `on_low` is told."""

    def start(self) -> None:
        """Start the threads."""
        for index in range(self.size):
            thread = threading.Thread(
                target=self._run, args=(index,), name=f"dj_queue-task-{index}", daemon=True
            )
            self._threads.append(thread)
            thread.start()

    def submit(self, attempt: Attempt) -> None:
        """Run this attempt when a thread is free."""
        self._queue.put(attempt)

    def waiting(self) -> int:
        """How many attempts wait for a thread."""
        return self._queue.qsize()

    def running_since(self) -> list[float]:
        """When (monotonic seconds) each running attempt began."""
        return [began for began in self._began if began is not None]

    def take_back(self) -> list[Attempt]:
        """Remove every waiting attempt and return them."""
        taken: list[Attempt] = []
        while True:
            try:
                attempt = self._queue.get_nowait()
            except queue.Empty:
                return taken
            if attempt is not None:
                taken.append(attempt)

    def close(self) -> None:
        """Let the threads end after what they run."""
        for _ in self._threads:
            self._queue.put(None)

    def join(self, deadline: float) -> bool:
        """Wait for the threads until `deadline` (monotonic seconds); whether all ended."""
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _run(self, index: int) -> None:
        while True:
            try:
                attempt = self._queue.get(timeout=IDLE_CLOSES_CONNECTIONS)
            except queue.Empty:
                close_all()
                continue
            if attempt is None:
                close_all()
                return
            self._run_one(index, attempt)

    def _run_one(self, index: int, attempt: Attempt) -> None:
        began = time.monotonic()
        if began - self._last_began[index] > TRUST:
            distrust()
        self._began[index] = self._last_began[index] = began
        try:
            # What a task activates (language, time zone, decimal context) is gone with it.
            copy_context().run(self._execution.run, attempt)
            reset_after_task()
        except BaseException:
            logger.exception("after job %s", attempt.job.id)
            close_all()
        self._began[index] = None
        self._on_ended(attempt)
        if self._queue.qsize() <= self.low_water:
            self._on_low()
