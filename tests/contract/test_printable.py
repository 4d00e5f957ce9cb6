"""Text as it may be shown."""

import pytest

from dj_queue.contract.printable import printable


@pytest.mark.parametrize(
    "text", ["", "plain", "é 😀 中文 עברית", "two\nlines\tand a tab", "<b>&amp;</b>", "\\u202e"]
)
def test_ordinary_text_stays_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mred", "a\\x1b[31mred"),
        ("over\rwritten", "over\\x0dwritten"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("gpj\u202eexe.txt", "gpj\\u202eexe.txt"),
        ("\u2066\u2069\u200e\u200f\u061c", "\\u2066\\u2069\\u200e\\u200f\\u061c"),
        ("\u2028\ufeff", "\\u2028\\ufeff"),
        ("half \ud83d", "half \\ud83d"),
    ],
)
def test_what_would_steer_a_page_or_a_terminal_is_made_visible(text, shown):
    assert printable(text) == shown
    assert printable(text).encode()
