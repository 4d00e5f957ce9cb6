"""No code block of a page goes without a test unseen: each is one that is run, or says why not."""

import re

import pytest
from markdown_it import MarkdownIt

from tests.docs import around, pages, running

LEFT = running.left_to_pages()
EVERY_PAGE = pytest.mark.parametrize("page", pages.PAGES, ids=pages.name_of)


def code_of(page):
    """The blocks of a page as a parser of Markdown finds them."""
    tokens = MarkdownIt().parse(pages.read(page))
    return [token for token in tokens if token.type in ("fence", "code_block")]


@EVERY_PAGE
def test_every_block_is_fenced_and_says_its_language(page):
    found = [(token.type, token.info, token.content) for token in code_of(page)]
    assert found == [("fence", block.language, block.text) for block in pages.blocks(page)]
    assert all(block.language for block in pages.blocks(page))


@EVERY_PAGE
def test_every_mark_gives_a_reason_and_belongs_to_a_block(page):
    reasons = [block.not_run for block in pages.blocks(page) if block.not_run is not None]
    assert all(reasons)
    assert len(reasons) == len(re.findall(rf"^\s*{pages.MARK}", pages.read(page), re.MULTILINE))


def test_no_block_is_marked_and_run_all_the_same():
    assert {block: tests for block, tests in running.BY_TESTS.items() if block.not_run is not None} == {}


def test_output_is_neither_run_nor_marked():
    output = pages.all_blocks(pages.NOT_CODE)
    assert [block for block in output if block.not_run is not None or block in running.BY_TESTS] == []


def test_what_stands_around_pages_is_of_pages_that_are_read_along():
    read = {pages.name_of(page) for page in LEFT}
    assert around.BEFORE.keys() | around.AFTER.keys() | around.ENVIRONMENT.keys() <= read
