"""The contract needs nothing but the standard library and pluggy, and says what each of its names is for."""

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import dj_queue.contract as contract

ROOT = Path(__file__).parents[2]
MODULES = [name for _, name, _ in pkgutil.iter_modules(contract.__path__, "dj_queue.contract.")]
CLASSES = [name for name in contract.__all__ if inspect.isclass(getattr(contract, name))]
IMPORTED = f"""
import sys
before = set(sys.modules)
import dj_queue.contract, {", ".join(MODULES)}
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def test_importing_the_contract_imports_the_standard_library_and_pluggy_alone():
    run = subprocess.run(
        [sys.executable, "-c", IMPORTED], cwd=ROOT, check=True, capture_output=True, text=True
    )

    foreign = {name for name in run.stdout.split() if name in packages_distributions()}
    assert foreign - {"dj_queue"} == {"pluggy"}


@pytest.mark.parametrize("name", MODULES)
def test_module_says_in_one_line_why_it_exists(name):
    first_line = (inspect.getdoc(import_module(name)) or "").partition("\n")[0]

    assert first_line.endswith(".")


@pytest.mark.parametrize("name", CLASSES)
def test_class_of_the_contract_and_its_methods_are_documented(name):
    found = getattr(contract, name)
    methods = [
        member
        for attribute, member in vars(found).items()
        if not attribute.startswith("_") and isinstance(member, property) | inspect.isfunction(member)
    ]

    for documented in (found, *methods):
        text = inspect.getdoc(documented) or ""
        assert text.partition("\n")[0].rstrip().endswith((".", ":")), documented
        assert not text.startswith(f"{name}("), "this is what dataclasses write where nobody did"


@pytest.mark.parametrize("name", ["parse_selector"])
def test_function_of_the_contract_is_documented(name):
    assert "Raises:" in inspect.getdoc(getattr(contract, name))


def test_contract_lists_what_it_gives_in_order_and_once():
    assert contract.__all__ == sorted(
        set(contract.__all__), key=lambda name: (name.islower(), not name.isupper(), name)
    )
    assert all(hasattr(contract, name) for name in contract.__all__)
