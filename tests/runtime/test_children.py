"""How children ended, in words, and when their places are filled again."""

import ctypes
import os
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest

from dj_queue.runtime.actor import Placement
from dj_queue.runtime.supervisor import children
from dj_queue.runtime.supervisor.children import LONGEST_PAUSE, Child, ChildPlace, exit_cause, reap_orphans
from dj_queue.runtime.topology import ActorPlan

# Other tests may have left threads; these children do nothing that minds them.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
PLAN = ActorPlan("worker", lambda services, placement: None)
BECOME_INIT = 36
"""PR_SET_CHILD_SUBREAPER: orphans come to this process, as they come to a container's first."""


def ended(end):
    pid = os.fork()
    if pid == 0:
        end()
        os._exit(0)
    return os.waitpid(pid, 0)[1]


@pytest.mark.parametrize(
    ("end", "words"),
    [
        (lambda: os._exit(0), "exited with code 0"),
        (lambda: os._exit(3), "exited with code 3"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "was killed by SIGKILL"),
        (lambda: os.kill(os.getpid(), signal.SIGRTMIN + 3), f"was killed by signal {signal.SIGRTMIN + 3}"),
    ],
)
def test_the_cause_is_said_by_name(end, words):
    assert str(exit_cause(ended(end))) == f"the worker process {words}"


NOW = 10_000.0


@pytest.fixture
def _frozen_clock(monkeypatch):
    monkeypatch.setattr(children, "time", SimpleNamespace(monotonic=lambda: NOW))


def dies(place, age):
    child = Child(PLAN, 1, Placement(), 5.0, began=NOW - age)
    place.vacate(child)
    return place.fork_at - NOW


@pytest.mark.usefixtures("_frozen_clock")
def test_the_first_death_is_followed_at_once_and_more_young_ones_by_growing_pauses():
    place = ChildPlace(PLAN)
    pauses = [dies(place, age=1) for _ in range(12)]
    assert pauses[0] <= 0
    assert pauses[1:] == sorted(pauses[1:])
    assert pauses[1] > 0
    assert pauses[-1] == LONGEST_PAUSE
    assert place.child is None


@pytest.mark.usefixtures("_frozen_clock")
def test_one_that_lived_long_is_followed_at_once():
    place = ChildPlace(PLAN, crashes=8)
    assert dies(place, age=3600) <= 0
    assert place.crashes == 0


@pytest.mark.usefixtures("_frozen_clock")
def test_a_process_that_cannot_be_made_is_tried_later():
    place = ChildPlace(PLAN)
    place.postpone()
    assert place.fork_at > NOW


@pytest.fixture
def _as_init(monkeypatch):
    libc = ctypes.CDLL(None)
    if libc.prctl(BECOME_INIT, 1) != 0:
        pytest.skip("the kernel does not hand orphans to this process")
    monkeypatch.setattr(children, "INIT", os.getpid())
    yield
    libc.prctl(BECOME_INIT, 0)


@pytest.mark.usefixtures("_as_init")
def test_the_first_process_of_a_container_buries_orphans_and_leaves_its_own_to_be_asked_for(wait_until):
    own = os.fork()
    if own == 0:
        os._exit(5)
    read, write = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.write(write, str(os.fork() or os._exit(0)).encode())
        os._exit(0)
    os.waitpid(parent, 0)
    orphan = Path("/proc", os.read(read, 20).decode())
    os.close(read)
    os.close(write)
    os.waitid(os.P_PID, own, os.WEXITED | os.WNOWAIT)
    reap_orphans({own})
    assert os.waitstatus_to_exitcode(os.waitpid(own, 0)[1]) == 5

    def is_buried():
        reap_orphans(set())
        return not orphan.exists()

    wait_until(is_buried)
