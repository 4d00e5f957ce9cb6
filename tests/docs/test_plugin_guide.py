"""The plugin guide, followed to the letter: its files make a distribution whose wheel is installed and whose tests pass."""

import re
import subprocess

import pytest

from tests.docs import pages
from tests.examples.plugins.installation import install

GUIDE = pages.DOCS / "how-to" / "plugin-guide.md"


@pytest.fixture
def written(tmp_path):
    """The folder with every file that the guide shows."""
    folder = tmp_path / "acme-queue"
    for block in pages.blocks(GUIDE):
        first, _, rest = block.text.partition("\n")
        if re.fullmatch(r"# [\w/]+\.\w+", first):
            path = folder / first.removeprefix("# ")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rest)
    (folder / "src" / "acme_queue" / "__init__.py").touch()
    return folder


def test_files_are_those_of_the_tree_at_its_top(written):
    tree = pages.blocks(GUIDE, "text")[0].text
    named = set(re.findall(r"\w+\.(?:py|toml)", tree))
    assert {path.name for path in written.rglob("*.*") if path.is_file()} == named


def test_its_tests_pass_where_its_wheel_is_installed(written, tmp_path):
    python = install(tmp_path, written)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", written]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]
