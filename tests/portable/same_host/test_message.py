"""Datagrams name queues; whatever else they hold is harmless."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.contract import SCHEDULED, Selector, parse_selector
from dj_queue.contract.names import check_queue_name
from dj_queue.portable.same_host.message import ANY, MOST_BYTES, concerns, pack

EVERY = parse_selector("*")


def is_name(text):
    try:
        return bool(check_queue_name(text))
    except ValueError:
        return False


NAMES = st.text(min_size=1, max_size=12).filter(is_name)
SELECTORS = st.builds(Selector, NAMES, st.booleans()) | st.just(EVERY)


@given(queues=st.lists(NAMES, min_size=1, max_size=4, unique=True), selector=SELECTORS)
def test_who_selects_one_of_the_queues_is_concerned_and_nobody_else(queues, selector):
    assert concerns(pack(queues), [selector]) is any(selector.matches(queue) for queue in queues)


@given(datagram=st.binary(max_size=MOST_BYTES), selectors=st.lists(SELECTORS, max_size=3))
def test_any_bytes_are_read_without_an_error(datagram, selectors):
    assert concerns(datagram, selectors) in (True, False)


def test_what_has_no_room_may_concern_anyone():
    assert pack([f"queue-{number}" for number in range(100)]) == ANY
    assert pack(["x" * MOST_BYTES]) == b"x" * MOST_BYTES
    assert concerns(ANY, [Selector("mail")])
    assert concerns(ANY, [Selector(SCHEDULED)])


@pytest.mark.parametrize(("selector", "concerned"), [(EVERY, False), (Selector(SCHEDULED), True)])
def test_scheduled_jobs_concern_dispatchers_alone(selector, concerned):
    assert concerns(pack([SCHEDULED]), [selector]) is concerned
