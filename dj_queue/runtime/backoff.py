"""Going on after errors: a pause that grows with jitter, and a log line now and then instead of a flood."""

import logging
import random
import time

from django.db import OperationalError

from dj_queue.contract import ProcessInfo
from dj_queue.runtime.db_connections import close_all
from dj_queue.services import Services

logger = logging.getLogger("dj_queue.runtime")

FIRST_PAUSE = 0.2
LONGEST_PAUSE = 10.0
LOG_EVERY = 60.0


class Backoff:
    """Counts the failures in a row of one loop and says how long to pause."""

    def __init__(self, services: Services, where: str) -> None:
        """Watch the loop called `where` in messages, such as `worker.claim`."""
        self._services = services
        self._where = where
        self._failures = 0
        self._next_log = 0.0
        self.process: ProcessInfo | None = None

    def failed(self, error: BaseException) -> float:
        """Take note of a failure; returns the seconds to pause. Broken connections are closed for a new try."""
        self._failures += 1
        is_outage = self._services.dialect.is_connection_loss(error)
        if is_outage:
            close_all()
        now = time.monotonic()
        if now >= self._next_log:
            self._next_log = now + LOG_EVERY
            # A full disk or a statement out of time is no mistake in the code: its text says all there is.
            trace = None if is_outage or isinstance(error, OperationalError) else error
            logger.error("%s failed and will be tried again: %s", self._where, error, exc_info=trace)
            self._services.broadcasts.error(self.process, error, self._where)
        pause: float = min(FIRST_PAUSE * 2 ** min(self._failures - 1, 10), LONGEST_PAUSE)
        return pause * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret

    def succeeded(self) -> None:
        """Forget the failures: the loop works again."""
        if self._failures:
            logger.info("%s works again after %d failures", self._where, self._failures)
            self._failures, self._next_log = 0, 0.0
