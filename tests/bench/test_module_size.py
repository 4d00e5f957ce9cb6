"""The benchmark is read in one sitting, module by module."""

import pytest

from tests.docs.pages import ROOT

MODULES = sorted((ROOT / "bench").rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_short_and_says_why_it_exists(path):
    text = path.read_text()

    assert len(text.splitlines()) <= 250
    assert text.startswith('"""')
