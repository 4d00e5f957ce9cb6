"""What wakes an idle loop."""

import threading

from dj_queue.runtime.doorbell import Doorbell

LONG = 30


def test_a_ring_wakes_without_a_hint():
    bell = Doorbell()
    bell.ring()
    assert bell.wait(LONG) is False


def test_a_hint_wakes_and_is_told_once():
    bell = Doorbell()
    threading.Thread(target=bell.hint).start()
    assert bell.wait(LONG) is True
    assert bell.wait(0) is False
