"""Example plugins are written as anybody could: of dj_queue they know the contract, their tests the help for testing."""

import ast
import tomllib

import pytest

from tests.examples.plugins.conftest import PLUGINS

DISTRIBUTIONS = sorted(path.parent for path in PLUGINS.glob("*/pyproject.toml"))
CONTRACT, TESTING = "dj_queue.contract", "dj_queue.testing"


def imported(folder):
    """The modules of dj_queue that files below a folder import."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                yield node.module
            if isinstance(node, ast.Import):
                yield from (name.name for name in node.names)


def of_the_core(folder):
    return {name for name in imported(folder) if name and name.split(".")[0] == "dj_queue"}


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_plugin_knows_nothing_but_the_contract(folder):
    assert of_the_core(folder / "src") == {CONTRACT}
    assert {".".join(name.split(".")[:2]) for name in of_the_core(folder / "tests")} <= {CONTRACT, TESTING}


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_plugin_fits_every_version_with_its_contract(folder):
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert "dj-queue>=1.0,<2" in project["dependencies"]
    assert project["entry-points"]["dj_queue"]
