"""Ids: UUIDv7 in the order they were made, whatever the clock does, also after a fork."""

import os
import threading
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.operations import ids
from dj_queue.operations.ids import JobIds, make_ids

clock_readings = st.lists(st.integers(min_value=0, max_value=2**47 * 1_000_000), min_size=1, max_size=30)


def test_ids_are_version_7_of_the_standard_variant():
    for made in make_ids(100):
        assert (made.version, made.variant) == (7, "specified in RFC 4122")


def test_an_id_tells_when_it_was_made():
    before = time.time_ns() // 1_000_000
    (made,) = JobIds().make(1)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_ascend_and_differ_beyond_what_a_millisecond_counts():
    made = [*make_ids(10_000), *make_ids(1), *make_ids(10_000)]
    assert made == sorted(made)
    assert len(set(made)) == len(made)
    assert [str(one) for one in made] == sorted(str(one) for one in made)


@given(readings=clock_readings, counts=st.lists(st.integers(0, 5000), min_size=1, max_size=5))
def test_ids_ascend_whatever_the_clock_shows(readings, counts):
    with pytest.MonkeyPatch.context() as patch:
        shown = iter(readings * 20_000)
        patch.setattr(ids.time, "time_ns", lambda: next(shown))
        source = JobIds()
        made = [one for count in counts for one in source.make(count % 700)]
    assert made == sorted(set(made))
    assert all(one.version == 7 for one in made)


def test_threads_share_one_order_and_never_an_id():
    source, made = JobIds(), []

    def make():
        own = [one for _ in range(200) for one in source.make(7)]
        assert own == sorted(own)
        made.extend(own)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == len(made) == 4 * 200 * 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_another_thread_makes_ids_gives_a_child_that_makes_its_own():
    stop = threading.Event()

    def keep_making():
        while not stop.is_set():
            make_ids(50)

    busy = threading.Thread(target=keep_making)
    busy.start()
    try:
        children = [_ids_of_child() for _ in range(5)]
    finally:
        stop.set()
        busy.join()
    made = [one for child in children for one in child]
    assert len(made) == 5 * 100
    assert len(set(made) | set(make_ids(100))) == 600


def _ids_of_child():
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, b"".join(made.bytes for made in make_ids(100)))
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    assert os.waitpid(pid, 0)[1] == 0
    return [UUID(bytes=text[start : start + 16]) for start in range(0, len(text), 16)]
