"""How children learn that their supervisor is gone."""

import os
import select

import pytest

from dj_queue.runtime.lifeline import Lifeline

# Other tests may have left threads; these children do nothing that minds them.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
LONG = 60


@pytest.fixture
def supervisor():
    """A forked supervisor with a child that exits 7 once it finds the line cut; gives (pid, what it says)."""
    said, say = os.pipe()
    pid = os.fork()
    if pid == 0:
        lifeline = Lifeline()
        if os.fork() == 0:
            descriptor = lifeline.hold()
            os.write(say, b"c" if lifeline.is_cut() else b"h")
            select.select([descriptor], [], [], LONG)
            os.write(say, b"c" if lifeline.is_cut() else b"h")
            os._exit(0)
        select.select([], [], [], LONG)
        os._exit(0)
    os.close(say)
    yield pid, said
    os.close(said)


def test_the_line_holds_while_the_supervisor_lives_and_is_cut_when_it_is_killed(supervisor):
    pid, said = supervisor
    assert os.read(said, 1) == b"h"
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    assert os.read(said, 1) == b"c"
