"""Every hook says what it is for, in its docstring and in the hooks reference, and somebody calls it."""

import ast
import inspect
import re
from pathlib import Path

import pytest

from dj_queue.contract import VERSION, hookimpl, hookspecs
from dj_queue.plugins.loading import load_object

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "hooks.md").read_text(encoding="utf-8")
SECTIONS = dict(
    re.findall(r"^### (dj_queue_\w+\([^)\n]*\))\n(.*?)(?=^##|\Z)", REFERENCE, re.MULTILINE | re.DOTALL)
)
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HOOKS = {name: function for name, function in vars(hookspecs).items() if hasattr(function, "dj_queue_spec")}
each_hook = pytest.mark.parametrize("name", sorted(HOOKS))


def signature_of(name):
    return f"{name}({', '.join(inspect.signature(HOOKS[name]).parameters)})"


def literals_of_the_core():
    """Every string literal in the core outside its contract."""
    package = ROOT / "dj_queue"
    for path in package.rglob("*.py"):
        if package / "contract" in path.parents:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@each_hook
def test_docstring_says_what_the_hook_is_for_and_names_each_argument(name):
    text = inspect.getdoc(HOOKS[name]) or ""
    arguments = text.partition("Args:")[2].partition("Raises:")[0]

    assert text.split("\n")[0].endswith(".")
    assert re.findall(r"^ +(\w+): \S", arguments, re.MULTILINE) == list(
        inspect.signature(HOOKS[name]).parameters
    )


@each_hook
def test_arguments_are_annotated_and_have_no_defaults(name):
    signature = inspect.signature(HOOKS[name])

    assert signature.return_annotation is not signature.empty
    for parameter in signature.parameters.values():
        assert parameter.default is parameter.empty
        assert parameter.annotation is not parameter.empty
        assert parameter.kind is parameter.POSITIONAL_OR_KEYWORD


@each_hook
def test_broadcasts_answer_nothing_and_the_rest_may_answer_nothing(name):
    answer = inspect.signature(HOOKS[name]).return_annotation

    assert answer is None or type(None) in answer.__args__


def test_reference_has_a_heading_with_the_exact_signature_of_each_hook_and_no_other():
    assert sorted(SECTIONS) == sorted(map(signature_of, HOOKS))


def test_reference_is_for_this_contract():
    major, minor = VERSION

    assert f"plugin contract {major}.{minor}." in REFERENCE
    assert f"DJ_QUEUE_CONTRACT = ({major}, {minor})" in REFERENCE


@each_hook
def test_example_in_the_reference_is_a_plugin_that_answers_the_hook(name):
    [example] = BLOCK.findall(SECTIONS[signature_of(name)])
    module = type(hookspecs)("example")
    module.hookimpl = hookimpl

    exec(compile(example, "hooks.md", "exec"), vars(module))

    assert load_object(module, "example").hooks == (name,)


@each_hook
def test_somebody_calls_the_hook(name):
    assert name in set(literals_of_the_core())
