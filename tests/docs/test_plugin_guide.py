"""The plugin guide, followed to the letter: its files make a distribution whose wheel is installed and whose tests pass."""

import os
import re
import sqlite3
import subprocess
from contextlib import closing

import pytest

from tests.docs import pages
from tests.examples.plugins.installation import OURS, install

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


@pytest.mark.parametrize("ours", [(pages.ROOT,), OURS], ids=["dj-queue alone", "with every plugin"])
def test_its_tests_pass_where_its_wheel_is_installed(written, tmp_path, ours):
    python = install(tmp_path, written, ours=ours)
    command = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", written]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-2000:]


def test_it_is_active_in_a_project_with_the_settings_that_the_guide_shows(written, tmp_path):
    python = install(tmp_path, written)
    (settings,) = [block.text for block in pages.blocks(GUIDE, "python") if block.text.startswith("TASKS = ")]
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "queue.sqlite3")}}
    (tmp_path / "shop_settings.py").write_text(
        f"INSTALLED_APPS = ['dj_queue']\nDATABASES = {databases}\n"
        + settings.replace("/mnt/shop", str(tmp_path))
        + "TASKS['other'] = {'BACKEND': TASKS['default']['BACKEND'], 'QUEUES': []}\n"
    )
    options = tmp_path / "queue.json"
    options.write_text(re.search(r'`({"default": .*})`', pages.read(GUIDE))[1])
    here = {
        "DJANGO_SETTINGS_MODULE": "shop_settings",
        "PYTHONPATH": str(tmp_path),
        "ACME_QUEUE_OPTIONS": str(options),
    }

    def manage(*arguments):
        done = subprocess.run(
            [python, "-m", "django", *arguments],
            cwd=tmp_path,
            env={**os.environ, **here},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    manage("migrate")
    plugins = manage("dj_queue", "plugins")
    assert re.search(r"acme +acme-queue 0\.1\.0 +entry point +active", plugins)
    assert re.search(r"default +database default +dialect acme +claim acme +wakeup bell", plugins)
    assert re.search(r"other +database default +dialect sqlite +claim immediate +wakeup", plugins)
    assert re.search(
        rf"shutdown_timeout +20\.0 +{re.escape(str(options))}", manage("dj_queue", "--show-config")
    )
    with closing(sqlite3.connect(databases["default"]["NAME"])) as connection:
        indexes = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    assert ("acme_failed_by_task",) in indexes
