"""What an actor and its supervisor know of each other without the database."""

import os

import pytest

from dj_queue.runtime.vouching import Vouching

# Other tests may have left threads; these children do nothing that minds them.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")


def test_nobody_is_registered_or_renewed_at_first():
    vouching = Vouching()
    assert not vouching.is_registered()
    assert vouching.silence() > 0


def test_a_child_registers_and_leaves_before_its_parents_eyes():
    vouching = Vouching()
    for act, expected in ((vouching.register, True), (vouching.leave, False)):
        pid = os.fork()
        if pid == 0:
            act()
            os._exit(0)
        os.waitpid(pid, 0)
        assert vouching.is_registered() is expected


def test_a_renewal_by_the_parent_ends_the_silence_for_the_child():
    vouching = Vouching()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.read(read, 1)
        os._exit(0 if vouching.silence() < 60 else 1)
    vouching.renew()
    os.write(write, b"\0")
    _, status = os.waitpid(pid, 0)
    os.close(read)
    os.close(write)
    assert os.waitstatus_to_exitcode(status) == 0
