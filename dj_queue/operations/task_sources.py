"""Whether a module that is not loaded may be imported for a task: decided from its file, without running it."""

import ast
import site
import sysconfig
from collections.abc import Iterator
from functools import cache
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from django.apps import apps

MAX_SOURCE = 4 * 1024 * 1024
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def may_define_task(module: str, name: str) -> bool:
    """Whether `module` belongs to the project or an installed app and its source defines a task `name`."""
    if not name.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        return False
    source = _source(module)
    if source is None or not (_is_of_installed_app(module) or is_of_project(source)):
        return False
    return _defines(source, name)


def _source(module: str) -> Path | None:
    """The module's source file, found level by level so that no parent package runs."""
    spec, path = None, None
    parts = module.split(".")
    for depth in range(1, len(parts) + 1):
        spec = _find(".".join(parts[:depth]), path)
        if spec is None:
            return None
        path = list(spec.submodule_search_locations or [])
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return None
    return Path(spec.origin).resolve()


def _find(name: str, path: list[str] | None) -> ModuleSpec | None:
    try:
        return PathFinder.find_spec(name, path)
    except (ImportError, ValueError):
        return None


def _is_of_installed_app(module: str) -> bool:
    return any(module == app.name or module.startswith(f"{app.name}.") for app in apps.get_app_configs())


def is_of_project(source: Path) -> bool:
    """Whether this file or folder is the project's own: not Python's, and of no installed package."""
    return not any(source.is_relative_to(folder) for folder in _installed_folders())


@cache
def _installed_folders() -> tuple[Path, ...]:
    """Where Python keeps what is not the project's: its standard library and installed packages."""
    paths = sysconfig.get_paths()
    names = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    return tuple(
        {Path(name).resolve() for name in [*names, *site.getsitepackages(), site.getusersitepackages()]}
    )


def _defines(source: Path, name: str) -> bool:
    """Whether the file mentions tasks and decorates, or hands on, a function of this name at module level."""
    if source.stat().st_size > MAX_SOURCE:
        return False
    text = source.read_text(encoding="utf-8", errors="replace")
    if "task" not in text:
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    functions = [node for node in _module_level(tree) if isinstance(node, FUNCTIONS) and node.name == name]
    return any(function.decorator_list for function in functions) or (
        bool(functions) and any(_is_handed(name, node) for node in ast.walk(tree))
    )


def _is_handed(name: str, node: ast.AST) -> bool:
    """Whether the node calls something with the function of this name, as `task(send)` does."""
    return isinstance(node, ast.Call) and any(
        isinstance(arg, ast.Name) and arg.id == name for arg in node.args
    )


def _module_level(tree: ast.Module) -> Iterator[ast.AST]:
    """Statements of the module, those under `if`, `try` and `with` too."""
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, ast.If | ast.Try | ast.With | ast.ExceptHandler):
            todo += ast.iter_child_nodes(node)
