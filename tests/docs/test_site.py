"""The site: what its pages link to beside the folder of the docs is held by the site too."""

import runpy

import pytest

from tests.docs import pages

hold_files_beside = runpy.run_path(str(pages.DOCS / "conf.py"))["hold_files_beside"]


def as_built(docname, text):
    source = [text]
    hold_files_beside(None, docname, source)
    return source[0]


@pytest.mark.parametrize("page", sorted(pages.DOCS.rglob("*.md")), ids=pages.name_of)
def test_links_out_of_the_docs_are_to_copies_and_others_stay(page):
    text = pages.read(page)
    docname = str(page.relative_to(pages.DOCS).with_suffix(""))
    built = pages.LINK.findall(as_built(docname, text))
    for before, after in zip(pages.LINK.findall(text), built, strict=True):
        is_within = "://" in before or pages.DOCS in (page.parent / before).resolve().parents
        assert after == (before if is_within or before.startswith("#") else f"path:{before}")


def test_a_page_that_links_to_the_examples_is_given_a_copy_of_their_list():
    assert as_built("index", "[Examples](../examples/README.md)") == "[Examples](path:../examples/README.md)"
    assert (
        as_built("how-to/testing", "[options](../reference/options.md)")
        == "[options](../reference/options.md)"
    )
