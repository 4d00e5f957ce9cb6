"""The loop of coroutine tasks asks for more jobs when it has room."""

import asyncio
import queue
import threading
from uuid import uuid4

import pytest

from dj_queue.contract import Status
from dj_queue.runtime.async_loop import SHARED_THREAD, AsyncLoop
from dj_queue.runtime.attempt import Attempt
from dj_queue.runtime.execution import Execution
from tests.project import tasks
from tests.runtime.test_suspects import JOB
from tests.runtime.where import only_on_one

GOOD_TIME = 20
HOURS = 10_000


@pytest.fixture
def start(services):
    """`start(limit, seconds, on_ended, on_low)` has a loop run jobs of so many seconds, all at once.

    `also` is called with the loop's tasks before the first of them has run a line.
    """
    execution, loops = Execution(services, lambda attempt: None), []

    def start(limit, seconds, on_ended, on_low, also=None):
        loop = AsyncLoop(limit, execution, on_ended, on_low)
        loops.append(loop)
        loop._start()
        all_are_there = threading.Event()
        loop._loop.call_soon_threadsafe(all_are_there.wait)
        for nap in seconds:
            attempt = Attempt(
                JOB._replace(id=uuid4(), task_path=tasks.anap.module_path, args=[nap]), "default"
            )
            assert execution.prepare(attempt)
            loop.submit(attempt)
        if also:
            loop._loop.call_soon_threadsafe(lambda: also(asyncio.all_tasks(loop._loop)))
        all_are_there.set()
        return loop

    yield start
    for loop in loops:
        loop.close(GOOD_TIME)


@pytest.mark.parametrize(("limit", "jobs"), [(1, 1), (10, 8), (10, 13)])
@only_on_one()
def test_more_is_asked_for_where_all_end_in_one_turn_of_the_loop(start, limit, jobs):
    told = queue.SimpleQueue()
    loop = start(limit, [0] * jobs, lambda attempt: None, lambda: told.put(loop.held()))
    while told.get(timeout=GOOD_TIME):
        pass  # until it holds none


@only_on_one()
def test_more_is_asked_for_while_long_jobs_hold_most_of_the_room(start):
    told = queue.SimpleQueue()
    loop = start(4, [HOURS, HOURS, HOURS, 0], lambda attempt: None, lambda: told.put(loop.held()))
    assert told.get(timeout=GOOD_TIME) == 3


@only_on_one()
def test_a_coroutine_ends_while_sync_code_of_another_one_holds_their_thread(start):
    may_end, ended = threading.Event(), queue.SimpleQueue()
    SHARED_THREAD.submit(may_end.wait)
    try:
        start(4, [0], ended.put, lambda: None)
        assert ended.get(timeout=GOOD_TIME).outcome.status == Status.SUCCESSFUL
    finally:
        may_end.set()


@only_on_one()
def test_a_coroutine_that_is_cancelled_before_its_first_line_fails(start):
    ended = queue.SimpleQueue()
    start(4, [0, 0], ended.put, lambda: None, lambda running: [task.cancel() for task in running])
    for _ in range(2):
        attempt = ended.get(timeout=GOOD_TIME)
        assert attempt.outcome.status == Status.FAILED
        assert isinstance(attempt.error, asyncio.CancelledError)
