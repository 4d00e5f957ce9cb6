"""Short transactions of our own, tried again when another one was in the way; and what follows a commit."""

import random
import time
from collections.abc import Callable

from django.db import connections, transaction

from dj_queue.services import Services

QUICK_TRIES = 20
QUICK_PAUSE = 0.01
"""Seconds; the pause grows with each try up to ten times this, with jitter."""


def in_transaction[T](services: Services, work: Callable[[], T]) -> T:
    """Run `work` in one short transaction, again from the start after a deadlock, a busy or a serialization error.

    Inside a caller's transaction it runs once: only the caller can repeat that.

    Raises:
        Exception: what `work` raises, once it is not transient or the tries are used up.
    """
    if connections[services.database.alias].in_atomic_block:
        with services.dialect.atomic():
            return work()
    return repeating(services, lambda: _once(services, work))


def repeating[T](services: Services, work: Callable[[], T]) -> T:
    """Run `work`, which makes its own transaction or needs none, again after a transient error."""
    for attempt in range(1, QUICK_TRIES):
        try:
            return work()
        except Exception as error:
            if not services.dialect.is_transient(error):
                raise
        time.sleep(QUICK_PAUSE * min(attempt, 10) * random.uniform(0.5, 1.5))  # noqa: S311 - jitter, no secret
    return work()


def after_commit(services: Services, work: Callable[[], object]) -> None:
    """Call `work` once the caller's transaction on the queue's database commits; at once where none is open.

    After a commit of the caller's an error in `work` is logged: what was committed stays true.
    """
    if connections[services.database.alias].in_atomic_block:
        transaction.on_commit(work, using=services.database.alias, robust=True)
    else:
        work()


def _once[T](services: Services, work: Callable[[], T]) -> T:
    with services.dialect.atomic():
        return work()
