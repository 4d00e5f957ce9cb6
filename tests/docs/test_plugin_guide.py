"""The plugin guide, followed to the letter: its files make a distribution whose wheel is installed and whose tests pass."""

import re
import shlex
import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.docs import pages
from tests.docs.running import runs
from tests.examples.plugins.installation import OURS, install

GUIDE = pages.DOCS / "how-to" / "plugin-guide.md"
FILES = [block for block in pages.to_run(GUIDE) if block.file]
OTHERS = [block for block in pages.to_run(GUIDE) if not block.file]
PARTS = [block for block in OTHERS if "-m pytest" in block.text]
*SOME, WHOLE = [line for block in PARTS for line in block.text.splitlines()]
"""The lines that run the suite of dialects, by parts and whole: each in one of the two environments."""
ACTIVATED = [block for block in OTHERS if block not in PARTS]


@pytest.fixture
def written(tmp_path, shown):
    """The folder with the files that a test is shown."""
    folder = tmp_path / "acme-queue"
    for block in [block for block in shown if block.file]:
        path = folder / block.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text)
    (folder / "src" / "acme_queue" / "__init__.py").touch()
    return folder


@runs(*FILES)
def test_files_are_those_of_the_tree_at_its_top(written):
    tree = pages.blocks(GUIDE, "text")[0].text
    named = set(re.findall(r"\w+\.(?:py|toml)", tree))
    assert {path.name for path in written.rglob("*.*") if path.is_file()} == named


@runs(*FILES, *PARTS)
@pytest.mark.parametrize(
    ("ours", "lines"), [((pages.ROOT,), [WHOLE]), (OURS, SOME)], ids=["dj-queue alone", "with every plugin"]
)
def test_its_tests_pass_where_its_wheel_is_installed(written, tmp_path, ours, lines):
    python = install(tmp_path, written, ours=ours)
    for line in ["python -m pytest --ignore tests/test_dialect.py", *lines]:
        command = [python, *shlex.split(line)[1:], "-q", "-p", "no:cacheprovider"]
        done = subprocess.run(command, cwd=written, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


@runs(*FILES, *ACTIVATED)
def test_it_is_active_in_a_project_with_what_the_guide_shows(written, tmp_path, read_along, shown):
    reader = read_along(GUIDE, python=install(tmp_path, written), PYTHONPATH="")
    options = reader.folder / "etc" / "shop" / "queue.json"
    options.write_text(re.search(r'`({"default": .*})`', pages.read(GUIDE))[1])
    (reader.folder / "mnt" / "shop").mkdir(parents=True)
    for block in shown[len(FILES) :]:
        reader.do(block)
    reader.run("manage.py", "dj_queue", "--show-config")

    assert re.search(r"acme +acme-queue 0\.1\.0 +entry point +active", reader.printed)
    assert re.search(
        r"default +database default +dialect acme +claim acme +wakeup same_host, bell", reader.printed
    )
    assert re.search(r"reports +database default +dialect sqlite +claim immediate +wakeup", reader.printed)
    assert re.search(rf"shutdown_timeout +20\.0 +{re.escape(str(options))}", reader.printed)
    with closing(sqlite3.connect(reader.folder / "default.sqlite3")) as connection:
        indexes = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    assert ("acme_failed_by_task",) in indexes
