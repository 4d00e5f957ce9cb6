"""The fixture `dj_queue` for pytest. Every run loads this: it imports nothing of Django before a test asks."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Queue:
    """The queue under test; each of these is the function of that name in `dj_queue.testing`."""

    run_jobs: "Callable[..., Any]"
    assert_enqueued: "Callable[..., Any]"
    assert_not_enqueued: "Callable[..., Any]"


@pytest.fixture
def dj_queue() -> Queue:
    """Run and look for the jobs of this test; the test needs a database, such as by pytest-django's `db`."""
    from dj_queue import testing  # Django is set up only now

    return Queue(testing.run_jobs, testing.assert_enqueued, testing.assert_not_enqueued)
