"""Text of any origin is cut and escaped so that every database stores it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.contract.payload import escape_text, truncate_middle
from dj_queue.contract.payload_reader import is_storable

ANY_TEXT = st.text(st.characters())


@given(text=ANY_TEXT)
def test_escaped_text_can_be_stored_and_escaping_it_again_changes_nothing(text):
    escaped = escape_text(text)

    assert is_storable(escaped)
    assert escape_text(escaped) == escaped


@given(text=ANY_TEXT.filter(is_storable))
def test_text_that_can_be_stored_is_left_alone(text):
    assert escape_text(text) == text


def test_nul_and_half_characters_become_visible():
    assert escape_text("a\0b\ud800\udfffc😀") == "a\\x00b\\ud800\\udfffc😀"


@given(text=st.text(max_size=200), limit=st.integers(0, 120))
def test_cut_text_is_never_longer_and_keeps_its_head_and_tail(text, limit):
    cut = truncate_middle(text, limit)

    assert len(cut) <= limit
    if len(text) <= limit:
        assert cut == text
    elif "characters left out" in cut:
        head, _, tail = cut.partition("\n... ")
        count, _, tail = tail.partition(" characters left out ...\n")
        assert text == head + text[len(head) : len(text) - len(tail)] + tail
        assert int(count) == len(text) - len(head) - len(tail)
        assert 0 <= len(head) - len(tail) <= 1
    else:
        assert cut == text[:limit]


@pytest.mark.parametrize("size", [1_000, 50_000_000])
def test_cut_text_says_how_much_is_left_out(size):
    cut = truncate_middle("a" + "x" * size + "z", 200)

    assert cut.startswith("ax")
    assert cut.endswith("xz")
    assert f"... {size + 2 - cut.count('x') - 2} characters left out ..." in cut
    assert 190 < len(cut) <= 200
