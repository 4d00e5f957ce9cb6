"""What the pages show is code: it compiles, what it imports is there, and what it configures is accepted."""

import ast
import importlib
import textwrap

import pytest
import yaml

from dj_queue.config.load import read_options
from dj_queue.config.merge import merge
from dj_queue.config.yaml_file import read_yaml
from dj_queue.contract import ConfigLayer
from dj_queue.cron import CronSchedule
from tests.docs import pages

PYTHON = pages.all_blocks("python")
YAML = pages.all_blocks("yaml")
OF_OTHERS = ("compose.yaml",)
"""Files that are shown and are not dj_queue's."""


def require_accepted(options):
    """Options as a page shows them, on a database that there is."""
    here = {**options, "database_alias": "default"}
    read_options("default", merge([ConfigLayer("page", 10, here)]))


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_compiles(block):
    compile(textwrap.dedent(block.text), str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_what_is_imported_from_dj_queue_is_there(block):
    for node in ast.walk(ast.parse(block.text)):
        if isinstance(node, ast.Import):
            for name in node.names:
                if name.name.partition(".")[0] == "dj_queue":
                    importlib.import_module(name.name)
        if isinstance(node, ast.ImportFrom) and node.module.partition(".")[0] == "dj_queue":
            module = importlib.import_module(node.module)
            for name in node.names:
                if name.name != "*" and not hasattr(module, name.name):
                    importlib.import_module(f"{node.module}.{name.name}")


SETTINGS = [block for block in PYTHON if "\nTASKS = " in f"\n{block.text}"]


@pytest.mark.parametrize("block", SETTINGS, ids=str)
def test_settings_are_accepted(block):
    [tasks] = [
        ast.literal_eval(node.value)
        for node in ast.parse(block.text).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "TASKS"
    ]
    for params in tasks.values():
        assert set(params) <= {"BACKEND", "QUEUES", "OPTIONS"}
        require_accepted(params.get("OPTIONS", {}))


@pytest.mark.parametrize("block", YAML, ids=str)
def test_yaml_is_accepted(block, tmp_path):
    if block.file in OF_OTHERS:
        assert isinstance(yaml.safe_load(block.text), dict)
        return
    path = tmp_path / "queue.yml"
    path.write_text(block.text)
    require_accepted(read_yaml(str(path)))


def test_schedules_shown_can_be_read():
    text = pages.sections(pages.read(pages.DOCS / "how-to" / "recurring-tasks.md"))["Schedules"]
    schedules = [pages.plain(part) for row in pages.rows(text) for part in row[0].split("`, `")]

    assert len(schedules) > 8
    for schedule in schedules:
        CronSchedule(schedule)
