"""Selectors: what a text selects, and that it is read back as written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.contract import SCHEDULED, Selector, parse_selector
from dj_queue.contract.names import check_queue_name

NAMES = st.text(st.characters(exclude_characters="*"), min_size=1, max_size=10)


@given(name=st.text(st.characters(exclude_characters="*"), max_size=10), is_prefix=st.booleans())
def test_selector_is_read_back_from_its_text(name, is_prefix):
    selector = Selector(name, is_prefix)

    if str(selector):
        assert parse_selector(str(selector)) == selector


@given(name=NAMES, other=NAMES)
def test_name_selects_itself_and_a_prefix_whatever_begins_with_it(name, other):
    assert parse_selector(name).matches(other) == (name == other)
    assert parse_selector(f"{name}*").matches(other) == other.startswith(name)
    assert parse_selector(f"{name}*").matches(name + other)
    assert parse_selector("*").matches(other)


@pytest.mark.parametrize(
    ("text", "name", "selected"),
    [
        ("email", "Email", False),
        ("email", "email ", False),
        ("email*", "email", True),
        ("email*", "emailé", True),
        ("email*", "Emails", False),
        ("e%*", "email", False),
        ("e_*", "email", False),
        ("é", "e", False),
    ],
)
def test_selection_is_by_exact_characters(text, name, selected):
    assert parse_selector(text).matches(name) is selected


def test_a_word_of_transports_is_no_queue_to_any_prefix():
    assert not parse_selector("*").matches(SCHEDULED)
    assert Selector(SCHEDULED).matches(SCHEDULED)
    with pytest.raises(ValueError):
        check_queue_name(SCHEDULED)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a queue selector is empty; write a queue name, a prefix such as 'email*', or '*'"),
        ("**", "has '*' before its end; only a trailing '*' is a wildcard"),
        ("*mail", "has '*' before its end"),
        ("e*mail*", "has '*' before its end"),
    ],
)
def test_text_that_selects_nothing_is_refused(text, words):
    with pytest.raises(ValueError) as refused:
        parse_selector(text)

    assert words in str(refused.value)
