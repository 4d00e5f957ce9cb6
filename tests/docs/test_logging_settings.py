"""Each LOGGING that a page shows, tried in a process: lines of the queue and of Django come, each once."""

import json
import os
import subprocess
import sys

import pytest

from tests.docs import pages
from tests.docs.running import runs_each

LOGGING = [block for block in pages.all_blocks("python") if "\nLOGGING = " in f"\n{block.text}"]
TALK = """
import django, logging
django.setup()
logging.getLogger("dj_queue.boot").info("the queue started")
logging.getLogger("django.tasks").info("a job ended")
logging.getLogger("shop").warning("the project said so")
"""


@pytest.fixture
def lines_with(tmp_path):
    """`lines_with(block)`: what three loggers say in a project with these settings, in DEBUG."""

    def run(block):
        (tmp_path / "talkative.py").write_text(
            f"from tests.project.settings import *\nDEBUG = True\n{block.text}"
        )
        here = {"DJANGO_SETTINGS_MODULE": "talkative", "PYTHONPATH": f"{tmp_path}:{pages.ROOT}"}
        command = [sys.executable, "-c", TALK]
        done = subprocess.run(
            command, env={**os.environ, **here}, capture_output=True, text=True, check=True, cwd=pages.ROOT
        )
        return done.stderr.splitlines()

    return run


@runs_each(LOGGING)
def test_the_queue_and_its_jobs_are_heard_once(block, lines_with):
    lines = lines_with(block)
    for text in ("the queue started", "a job ended"):
        assert [text in line for line in lines].count(True) == 1


def test_json_for_every_logger_is_for_every_logger(lines_with):
    (block,) = [block for block in LOGGING if "JsonFormatter" in block.text]
    lines = [json.loads(line) for line in lines_with(block)]
    assert [line["logger"] for line in lines] == ["dj_queue.boot", "django.tasks", "shop"]
