"""The conformance suite itself: complete, and the only part of the core that needs pytest."""

import ast
from pathlib import Path

import dj_queue
from dj_queue.testing import conformance

CORE = Path(dj_queue.__file__).parent
SUITE = Path(conformance.__file__).parent


def test_every_class_of_tests_is_bound_by_a_star_import():
    found = set()
    for path in SUITE.glob("*.py"):
        classes = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.ClassDef)]
        found |= {node.name for node in classes if node.name.startswith("Test")}
    assert found == {name for name in conformance.__all__ if name.startswith("Test")}
    assert all(hasattr(conformance, name) for name in conformance.__all__)


def test_nothing_but_the_suite_and_the_fixture_imports_pytest():
    importing = {
        path
        for path in CORE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if "pytest" in _imported(node)
    }
    assert {path for path in importing if SUITE not in path.parents} == {CORE / "pytest_plugin.py"}


def _imported(node):
    if isinstance(node, ast.ImportFrom):
        return [node.module]
    return [name.name for name in node.names] if isinstance(node, ast.Import) else []
