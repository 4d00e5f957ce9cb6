"""The API reference has every public name with its signature, as it stands in the source."""

import ast
import importlib
import inspect

import pytest

from dj_queue import api, hooks
from tests.docs import pages
from tests.docs.running import runs_each

WHOLE = (api, hooks)
PAGE = pages.sections(pages.reference("api"))
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def stubs(text):
    """What a section declares: functions and classes by name, constants as None."""
    return {
        name: node for block in pages.FENCE.finditer(text) for name, node in declared(block["text"]).items()
    }


def declared(code):
    found = {}
    for node in ast.parse(code).body:
        if isinstance(node, ast.AnnAssign):
            found[node.target.id] = None
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            found[node.name] = node
    return found


STUBS = [(module, name, node) for module, text in PAGE.items() for name, node in stubs(text).items()]


def source_of(thing):
    """The definition in the source, a decorated or overloaded one included."""
    thing = inspect.unwrap(thing)
    tree = ast.parse(inspect.getsource(inspect.getmodule(thing)))
    found = [node for node in tree.body if getattr(node, "name", None) == thing.__name__]
    return found[-1]


def signature(node, constants):
    """A function's signature in the source's words, with constants as defaults resolved."""
    for arguments in (each for each in ast.walk(node) if isinstance(each, ast.arguments)):
        arguments.defaults = [resolved(value, constants) for value in arguments.defaults]
        arguments.kw_defaults = [resolved(value, constants) for value in arguments.kw_defaults]
    kinds = [ast.unparse(mark) for mark in node.decorator_list]
    return (
        type(node),
        [kind for kind in kinds if kind in ("property", "classmethod", "staticmethod")],
        [ast.unparse(parameter) for parameter in node.type_params],
        ast.unparse(node.args),
        node.returns and ast.unparse(node.returns),
    )


def resolved(value, constants):
    if isinstance(value, ast.Name) and isinstance(constants.get(value.id), int | float | str):
        return ast.Constant(constants[value.id])
    return value


def names_of(bases):
    """Base classes without their type arguments, which say nothing to a caller."""
    return [ast.unparse(base.value if isinstance(base, ast.Subscript) else base) for base in bases]


def methods(node):
    return {each.name: each for each in node.body if isinstance(each, FUNCTIONS)}


@pytest.mark.parametrize("module", WHOLE, ids=lambda module: module.__name__)
def test_every_public_name_is_there_and_no_other(module):
    assert sorted(stubs(PAGE[module.__name__])) == sorted(module.__all__)


@pytest.mark.parametrize(("module", "name", "stub"), STUBS, ids=[f"{stub[0]}.{stub[1]}" for stub in STUBS])
def test_signature_is_that_of_the_source(module, name, stub):
    thing = getattr(importlib.import_module(module), name)
    if stub is None:
        return
    constants = vars(inspect.getmodule(inspect.unwrap(thing)))
    source = source_of(thing)
    if isinstance(stub, FUNCTIONS):
        assert signature(stub, {}) == signature(source, constants)
        return
    assert names_of(stub.bases) == names_of(source.bases)
    there = methods(source)
    for method in methods(stub).values():
        assert signature(method, {}) == signature(there[method.name], constants)
    if importlib.import_module(module) in WHOLE:
        public = {method for method in there if not method.startswith("_")}
        assert public <= set(methods(stub))


@runs_each(pages.blocks(pages.DOCS / "reference" / "api.md"))
def test_what_is_declared_can_be_read_with_the_names_of_its_source(block):
    module = next(module for module, text in PAGE.items() if block.text in text)
    names = vars(importlib.import_module(module)).copy()
    for thing in [names[name] for name in declared(block.text) if callable(names[name])]:
        names |= vars(inspect.getmodule(inspect.unwrap(thing)))
    exec(compile("\n" * (block.line - 1) + block.text, str(block.page), "exec"), names)
