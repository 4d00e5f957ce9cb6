"""The asyncio loop: runs `async def` tasks natively, many at once in one thread."""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from asgiref.sync import SyncToAsync

from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.db_connections import reset_after_task
from dj_queue.runtime.execution import Execution

logger = logging.getLogger("dj_queue.worker")

TIME_TO_CANCEL = 0.1
"""Seconds that cancelled tasks get for their own `finally`."""

LITTLE_ROOM_AFTER = 0.02
"""Seconds until also less than half of the room is told of: the rest may be held for hours."""

BLOCKED_AFTER = 5.0
"""Seconds without an answer of the loop after which it counts as blocked."""

SHARED_THREAD = SyncToAsync.single_thread_executor
"""Where sync code that coroutines call runs, one call at a time, and where their database connections are."""

type Ended = Callable[[Attempt], None]


class AsyncLoop:
    """One loop in one thread, started with the first coroutine task."""

    def __init__(self, limit: int, execution: Execution, on_ended: Ended, on_low: Callable[[], None]) -> None:
        """Run at most `limit` attempts at once; tell `on_ended` of each that ended, `on_low` of room for more."""
        self.limit = limit
        self._execution = execution
        self._on_ended = on_ended
        self._on_low = on_low
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._waiting: deque[Attempt] = deque()
        self._running: set[asyncio.Task[None]] = set()
        self._is_over = False
        self._will_tell = False
        self._asked_at: float | None = None
        self._is_blocked = False

    def submit(self, attempt: Attempt) -> None:
        """Run this attempt when there is room. Called by the claiming thread only."""
        if self._loop is None:
            self._start()
        self._waiting.append(attempt)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._fill)

    def held(self) -> int:
        """How many attempts run or wait."""
        return len(self._waiting) + len(self._running)

    def waiting(self) -> int:
        """How many attempts wait for room."""
        return len(self._waiting)

    def take_back(self) -> list[Attempt]:
        """Remove every waiting attempt and return them."""
        taken = []
        while self._waiting:
            try:
                taken.append(self._waiting.popleft())
            except IndexError:
                break
        return taken

    def look(self) -> None:
        """Say when a task blocks the loop, and when it is over. Called by the claiming thread only."""
        if self._loop is None:
            return
        if self._asked_at is None:
            self._asked_at = time.monotonic()
            self._loop.call_soon_threadsafe(self._answer)
        elif not self._is_blocked and time.monotonic() - self._asked_at > BLOCKED_AFTER:
            self._is_blocked = True
            logger.warning(
                "a task has blocked the loop for %g s: the %d coroutines beside it wait",
                BLOCKED_AFTER,
                self.held() - 1,
            )

    def close(self, timeout: float) -> None:
        """Cancel what still runs and end the thread, `timeout` seconds at most."""
        if self._loop is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._cancel_all)
        self._thread.join(timeout)

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._run, args=(self._loop,), name="dj_queue-loop", daemon=True
        )
        self._thread.start()

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        while not self._is_over:
            # A task may stop the loop, or `sys.exit()` in a task it started; the jobs beside it go on.
            try:
                loop.run_forever()
            except BaseException:
                logger.exception("the loop goes on after")
        loop.close()

    def _answer(self) -> None:
        self._asked_at = None
        if self._is_blocked:
            self._is_blocked = False
            logger.warning("the loop runs again")

    def _fill(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting and len(self._running) < self.limit:
            try:
                attempt = self._waiting.popleft()
            except IndexError:
                return
            task = loop.create_task(self._execution.arun(attempt))
            self._running.add(task)
            task.add_done_callback(partial(self._over, attempt))

    def _over(self, attempt: Attempt, task: asyncio.Task[None]) -> None:
        # Not at the end of the task itself: where all end in one turn of the loop, each would still count the others.
        self._running.discard(task)
        if attempt.outcome is None:
            self._fail(attempt, task)
        self._on_ended(attempt)
        self._fill()
        self._ask_for_more()
        if SHARED_THREAD._threads:  # noqa: SLF001 - whether any sync code ran at all
            # Nothing waits for it: another coroutine's sync code may hold that thread for long.
            SHARED_THREAD.submit(_reset, attempt)

    def _ask_for_more(self) -> None:
        if self.held() <= self.limit // 2:
            self._on_low()
        elif not self._will_tell:
            self._will_tell = True
            asyncio.get_running_loop().call_later(LITTLE_ROOM_AFTER, self._tell)

    def _fail(self, attempt: Attempt, task: asyncio.Task[None]) -> None:
        """A coroutine that another one cancelled before its first line has told nobody."""
        error = None if task.cancelled() else task.exception()
        try:
            self._execution.fail(attempt, error or asyncio.CancelledError("cancelled before it began"))
        except BaseException:
            logger.exception("after job %s", attempt.job.id)

    def _tell(self) -> None:
        self._will_tell = False
        self._on_low()

    def _cancel_all(self) -> None:
        loop = asyncio.get_running_loop()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.call_later(TIME_TO_CANCEL, self._end, loop)

    def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_over = True
        loop.stop()


def _reset(attempt: Attempt) -> None:
    """In the shared thread, before whatever runs there next."""
    try:
        reset_after_task()
    except BaseException:
        logger.exception("after job %s", attempt.job.id)
