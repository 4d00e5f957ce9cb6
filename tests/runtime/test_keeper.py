"""The thread that talks to the database for a supervisor."""

import threading

import pytest

from dj_queue.runtime.supervisor.keeper import Keeper

LONG = 30


class Work:
    """Counts its runs; what is told to be raised is raised once."""

    def __init__(self):
        self.runs = 0
        self.errors = []
        self.is_held = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self):
        self.runs += 1
        self.is_held.set()
        self.go_on.wait(LONG)
        if self.errors:
            raise self.errors.pop()


@pytest.fixture
def work():
    work = Work()
    yield work
    work.go_on.set()


@pytest.fixture
def ends():
    return []


@pytest.fixture
def keeper(work, ends):
    keeper = Keeper(work, lambda: ends.append(threading.current_thread()))
    yield keeper
    work.go_on.set()
    keeper.pause(LONG)


def test_it_works_again_and_again_and_at_once_when_poked(keeper, work, wait_until):
    keeper.start()
    wait_until(lambda: work.runs >= 2)
    runs = work.runs
    keeper.poke()
    wait_until(lambda: work.runs > runs)


@pytest.mark.parametrize("error", [ValueError(), SystemExit()])
def test_it_goes_on_after_whatever_the_work_raises(keeper, work, wait_until, error, caplog):
    work.errors.append(error)
    keeper.start()
    keeper.poke()
    wait_until(lambda: work.runs >= 2)
    assert "supervising goes on" in caplog.text


def test_paused_it_leaves_no_thread_and_can_start_again(keeper, work, wait_until, ends):
    assert keeper.pause()
    keeper.start()
    wait_until(lambda: work.runs)
    assert keeper.pause(LONG)
    (thread,) = ends
    assert not thread.is_alive()
    runs = work.runs
    keeper.start()
    wait_until(lambda: work.runs > runs)


def test_a_database_that_holds_it_up_holds_up_nobody_else(keeper, work, wait_until, ends):
    work.go_on.clear()
    keeper.start()
    work.is_held.wait(LONG)
    assert not keeper.pause()
    keeper.close(lambda: pytest.fail("the work has not ended"), 0.01)
    assert ends == []
    work.go_on.set()
    wait_until(lambda: ends)


def test_its_last_work_is_done_in_a_thread_of_its_own(keeper, work, wait_until):
    keeper.start()
    wait_until(lambda: work.runs)
    threads = []
    keeper.close(lambda: threads.append(threading.current_thread()), LONG)
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()
