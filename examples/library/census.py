"""Finds the modules of the standard library and measures one: plain Python that knows nothing of queues."""

import ast
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOT_ITS_OWN = frozenset({"site-packages", "dist-packages", "__pycache__"})


def find_modules() -> Iterator[tuple[str, Path]]:
    """The dotted name and the file of each module of this Python's standard library."""
    folder = Path(sysconfig.get_path("stdlib"))
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if NOT_ITS_OWN.isdisjoint(inside.parts):
            yield ".".join(inside.with_suffix("").parts), path


def measure_source(source: bytes) -> dict[str, Any]:
    """How many lines, functions and classes a module has, and its longest function.

    A file that is no Python (the library's tests hold some on purpose) says so under `unparsable`.
    """
    facts: dict[str, Any] = {"lines": source.count(b"\n"), "functions": 0, "classes": 0, "longest": None}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return {**facts, "unparsable": f"{type(error).__name__}: {error}"}
    functions = []
    for name, node in _definitions(tree):
        if isinstance(node, ast.ClassDef):
            facts["classes"] += 1
        else:
            functions.append((node.end_lineno - node.lineno + 1, name, node.lineno))
    facts["functions"] = len(functions)
    if functions:
        lines, name, line = max(functions)
        facts["longest"] = {"name": name, "line": line, "lines": lines}
    return {**facts, "unparsable": None}


def _definitions(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Each function and class of the module with its dotted name, those inside others too."""
    todo: list[tuple[str, ast.AST]] = [("", tree)]
    while todo:
        prefix, node = todo.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield f"{prefix}{child.name}", child
                todo.append((f"{prefix}{child.name}.", child))
            else:
                todo.append((prefix, child))
