"""Every link within the repository leads somewhere, and every page is reached from the first."""

import pytest

from tests.docs.pages import DOCS, LINK, PAGES, README, anchors, name_of, prose

OUTSIDE = ("https://", "http://", "mailto:")
LINKS = [
    (page, target) for page in PAGES for target in LINK.findall(prose(page)) if not target.startswith(OUTSIDE)
]


def destination(page, target):
    path, _, _anchor = target.partition("#")
    return (page.parent / path).resolve() if path else page


@pytest.mark.parametrize(
    ("page", "target"), LINKS, ids=[f"{name_of(page)} -> {target}" for page, target in LINKS]
)
def test_link_leads_somewhere(page, target):
    path = destination(page, target)
    _, _, anchor = target.partition("#")

    assert path.exists()
    if anchor:
        assert anchor in anchors(path)


def test_every_page_is_reached_from_the_readme():
    reached, todo = set(), [README]
    while todo:
        page = todo.pop()
        if page in reached or page not in PAGES:
            continue
        reached.add(page)
        todo += [destination(page, target) for origin, target in LINKS if origin == page]

    assert {name_of(page) for page in PAGES if DOCS in page.parents} <= {name_of(page) for page in reached}
