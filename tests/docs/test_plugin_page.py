"""The page on plugins of a project: its plugin is active, and its module of tests passes."""

import pytest

from tests.docs import pages
from tests.docs.running import runs

PAGE = pages.DOCS / "how-to" / "plugins.md"
CONFORMANCE = pages.file_of(PAGE, "tests/test_conformance.py")
CONFTEST = """
import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
django.setup()
"""


def test_plugin_of_the_project_is_active(read_along):
    reader = read_along(PAGE)
    for block in pages.to_run(PAGE):
        if block != CONFORMANCE:
            reader.do(block)
    [line] = [line for line in reader.printed.splitlines() if "shop.queueing" in line]

    assert line.split()[-2:] == ["active", "job_finished"]


@pytest.mark.slow
@runs(CONFORMANCE)
def test_dialect_of_the_project_conforms(read_along, shown):
    reader = read_along(PAGE)
    (reader.folder / "conftest.py").write_text(CONFTEST)
    reader.write(*shown)
    assert "passed" in reader.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
