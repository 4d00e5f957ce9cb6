"""How Sphinx builds the documentation: strictly, by `make check`."""

project = "dj_queue"
author = "the dj_queue maintainers"
extensions = ["myst_parser", "sphinx_external_toc"]
exclude_patterns = ["how-to/roles"]
external_toc_path = "contents.yml"
myst_heading_anchors = 3
suppress_warnings = ["myst.xref_missing"]  # of files beside the docs; tests follow every link
html_theme = "furo"
html_title = "dj_queue"
