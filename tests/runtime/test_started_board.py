"""What a process leaves behind about the jobs it started."""

import os
import threading
from uuid import uuid4

import pytest

from dj_queue.runtime import started_board
from dj_queue.runtime.started_board import StartedBoard

# Other tests may have left threads; these children do nothing that minds them.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


def test_what_is_written_is_read_until_it_is_wiped():
    board = StartedBoard()
    first, second = uuid4(), uuid4()
    slot = board.write(first)
    board.write(second)
    assert board.started() == {first, second}
    board.wipe(slot)
    assert board.started() == {second}


def test_a_dead_childs_jobs_are_read_by_its_parent():
    board = StartedBoard()
    jobs = [uuid4() for _ in range(3)]
    pid = os.fork()
    if pid == 0:
        slots = [board.write(job) for job in jobs]
        board.wipe(slots[0])
        os._exit(0)
    os.waitpid(pid, 0)
    assert board.started() == set(jobs[1:])


def test_what_ended_is_told_apart_until_it_is_recorded():
    board = StartedBoard()
    running, ended = uuid4(), uuid4()
    board.write(running)
    slot = board.write(ended)
    board.end(None)
    board.end(slot)
    assert board.ended() == {ended}
    assert board.started() == {running, ended}
    board.wipe(slot)
    assert board.ended() == frozenset()
    board.write(uuid4())
    assert board.ended() == frozenset()


def test_a_full_board_takes_no_more_and_goes_on_when_there_is_room(monkeypatch):
    monkeypatch.setattr(started_board, "SLOTS", 2)
    board = StartedBoard()
    slot, _ = board.write(uuid4()), board.write(uuid4())
    assert board.write(uuid4()) is None
    board.wipe(None)
    board.wipe(slot)
    assert board.write(uuid4()) is not None
    assert len(board.started()) == 2


def test_many_threads_never_share_a_slot():
    board = StartedBoard()
    kept = [uuid4() for _ in range(8)]

    def churn(job):
        for _ in range(500):
            board.wipe(board.write(uuid4()))
        board.write(job)

    threads = [threading.Thread(target=churn, args=(job,)) for job in kept]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert board.started() == set(kept)
