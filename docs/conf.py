"""How Sphinx builds the documentation: strictly, by `make check`."""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent

project = "dj_queue"
author = "the dj_queue maintainers"
extensions = ["myst_parser", "sphinx_external_toc"]
exclude_patterns = ["how-to/roles"]
external_toc_path = "contents.yml"
myst_heading_anchors = 3
html_theme = "furo"
html_title = "dj_queue"

LINK_UPWARDS = re.compile(r"(?<=\]\()\.\./[^)#\s]+(?=\))")


def setup(app: Any) -> None:
    """Have the site hold what its pages link to beside this folder."""
    app.connect("source-read", hold_files_beside)


def hold_files_beside(app: Any, docname: str, source: list[str]) -> None:
    """Make each link to a file outside of this folder one to a copy within the site: no page is made of that file."""
    folder = (DOCS / docname).parent

    def held(link: re.Match[str]) -> str:
        is_outside = DOCS not in (folder / link[0]).resolve().parents
        return f"path:{link[0]}" if is_outside else link[0]

    source[0] = LINK_UPWARDS.sub(held, source[0])
