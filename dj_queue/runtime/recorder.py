"""The recorder: one thread that writes outcomes in groups and keeps them through an outage."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import DataError, Error, IntegrityError

from dj_queue.contract import Started
from dj_queue.operations.finish import finish, mark_started
from dj_queue.runtime import outcomes
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.backoff import FIRST_PAUSE, Backoff
from dj_queue.runtime.db_connections import close_all
from dj_queue.runtime.session import Session
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.recorder")

GROUP = 200
LINGER = 0.003
"""Seconds to wait for more outcomes while jobs are running or waiting here."""
LAST_PAUSE = 0.05
"""Seconds between tries once the process ends."""
MARK_AFTER = 1.0
"""Seconds after which a running attempt is marked as started in its row."""

type Settled = Callable[[Sequence[Attempt], Sequence[Attempt]], None]


class Recorder:
    """Takes ended attempts from any thread; writes each group in one transaction."""

    def __init__(self, services: Services, is_busy: Callable[[], bool], on_settled: Settled) -> None:
        """Ask `is_busy` whether more outcomes will follow soon; tell `on_settled` what was written and what was fenced."""
        self._services = services
        self._is_busy = is_busy
        self._on_settled = on_settled
        self._pending: list[Attempt] = []
        self._running: dict[object, Attempt] = {}
        self._arrived = threading.Event()
        self._closing = threading.Event()
        self._size = GROUP
        self._session = Session(services.dialect)
        self._backoff = Backoff(services, "worker.record")
        self._thread = threading.Thread(target=self._run, name="dj_queue-recorder", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def add(self, attempt: Attempt) -> None:
        """Record this attempt's outcome soon."""
        self._running.pop(attempt.job.id, None)
        self._pending.append(attempt)
        if not self._arrived.is_set():
            self._arrived.set()

    def watch(self, attempt: Attempt) -> None:
        """Mark this attempt as started if it runs for long."""
        self._running[attempt.job.id] = attempt

    def is_idle(self) -> bool:
        """Whether every outcome is written."""
        return not self._pending

    def backlog(self) -> int:
        """How many outcomes wait to be written."""
        return len(self._pending)

    def ids(self) -> set[UUID]:
        """The jobs whose outcomes wait to be written."""
        return {attempt.job.id for attempt in tuple(self._pending)}

    def close(self, timeout: float) -> bool:
        """Write what is left, `timeout` seconds at most; whether all was written."""
        self._closing.set()
        self._arrived.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        return not self._thread.is_alive() and not self._pending

    def _run(self) -> None:
        next_mark = time.monotonic() + MARK_AFTER
        while not (self._closing.is_set() and not self._pending):
            if not self._pending:  # Some may be left, of whose arrival nobody tells again.
                self._arrived.wait(MARK_AFTER)
            self._arrived.clear()
            try:
                if self._pending:
                    self._linger()
                    self._write_pending()
                if time.monotonic() >= next_mark:
                    self._mark_long_running()
                    next_mark = time.monotonic() + MARK_AFTER
            except BaseException:
                # Every outcome of this process goes through this thread.
                logger.exception("recording goes on after")
                self._rest(FIRST_PAUSE)
        close_all()

    def _linger(self) -> None:
        if len(self._pending) < GROUP and self._is_busy() and not self._closing.is_set():
            time.sleep(LINGER)

    def _write_pending(self) -> None:
        while self._pending:
            group = self._pending[: self._size]
            try:
                self._write(group)
            except Exception as error:
                self._session.distrust()
                self._size = max(1, len(group) // 2)
                if not is_about_content(error):
                    self._rest(self._backoff.failed(error))
                    # One outcome that takes the connection with it must not hold up the others.
                    self._pending.append(self._pending.pop(0))
                elif len(group) == 1:
                    self._refuse(group[0], error)
                continue
            self._size = min(GROUP, self._size * 2)
            self._backoff.succeeded()
            if len(self._pending) < GROUP and self._is_busy():
                return

    def _rest(self, seconds: float) -> None:
        if self._closing.wait(seconds):
            time.sleep(LAST_PAUSE)

    def _write(self, group: Sequence[Attempt]) -> None:
        self._session.prepare()
        done = finish(self._services, [attempt.outcome for attempt in group if attempt.outcome is not None])
        del self._pending[: len(group)]
        if done.fenced:
            logger.warning(
                "%d outcomes came too late and changed nothing: %s", len(done.fenced), _ids(done.fenced)
            )
        self._on_settled(
            [attempt for attempt in group if attempt.job.id in done.recorded],
            [attempt for attempt in group if attempt.job.id in done.fenced],
        )

    def _refuse(self, attempt: Attempt, error: Exception) -> None:
        """The database refused this outcome for its content: record the refusal instead."""
        if attempt.outcome is None or attempt.is_refused:
            self._rest(self._backoff.failed(error))
            return
        logger.error("the outcome of job %s cannot be stored", attempt.job.id, exc_info=error)
        attempt.outcome = outcomes.unrecordable(attempt.outcome, attempt.job, error)
        attempt.error, attempt.is_refused = error, True

    def _mark_long_running(self) -> None:
        late = time.monotonic() - MARK_AFTER
        attempts = [a for a in list(self._running.values()) if not a.is_marked and a.began and a.began < late]
        if not attempts:
            return
        marks: list[Started] = [attempt.started() for attempt in attempts]
        try:
            mark_started(self._services, marks)
        except Exception as error:
            self._backoff.failed(error)
            return
        for attempt in attempts:
            attempt.is_marked = True


def is_about_content(error: Exception) -> bool:
    """Whether the outcome is at fault. Everything else may pass: outages, full disks, locks, timeouts."""
    return isinstance(error, DataError | IntegrityError) or not isinstance(error, Error)


def _ids(ids: frozenset[object]) -> str:
    return ", ".join(sorted(str(job_id) for job_id in ids)[:10])
