"""Which test runs which blocks of the pages: a test is given those that it declares, and a page's own test runs the rest."""

import importlib
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, Block, to_run

BY_TESTS: dict[Block, list[str]] = {}
"""Blocks with the tests that declare to run them."""


def runs(*given: Block):
    """Have a test run these blocks: its fixture `shown` is the list of them."""

    def declare(test):
        _note(given, test)
        test.shown = list(given)
        return test

    return declare


def runs_each(given: list[Block]):
    """Have a test run these blocks one at a time: its argument is `block`."""

    def declare(test):
        _note(given, test)
        return pytest.mark.parametrize("block", given, ids=str)(test)

    return declare


def _note(given, test):
    for block in given:
        BY_TESTS.setdefault(block, []).append(f"{test.__module__}.{test.__name__}")


def left_to_pages() -> dict[Path, list[Block]]:
    """The blocks of each page that are code, unmarked, and of which no test declares that it runs them."""
    for module in sorted(Path(__file__).parent.glob("test_*.py")):
        importlib.import_module(f"tests.docs.{module.stem}")
    left = {page: [block for block in to_run(page) if block not in BY_TESTS] for page in PAGES}
    return {page: found for page, found in left.items() if found}
