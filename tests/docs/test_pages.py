"""Every block of every page is run, in a real project with real processes, or says why not."""

import pytest

from tests.docs import around, pages, running

LEFT = running.left_to_pages()


@pytest.mark.parametrize("page", LEFT, ids=pages.name_of)
def test_all_that_the_page_shows_can_be_done(page, read_along):
    name = pages.name_of(page)
    reader = read_along(page)
    for block in LEFT[page]:
        reader.do(block)
    reader.finish(around.AFTER.get(name, ""))
