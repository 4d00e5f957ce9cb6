"""The contracts of the import linter leave no room out, and the core names no database."""

import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import dj_queue

ROOT = Path(__file__).parents[2]
LINTER = tomllib.loads((ROOT / ".importlinter.toml").read_text())["tool"]["importlinter"]
CONTRACTS = {contract["id"]: contract for contract in LINTER["contracts"]}
ROOMS = {f"dj_queue.{module.name}" for module in pkgutil.iter_modules(dj_queue.__path__)}
OPEN_TO_PLUGINS = {"dj_queue.contract", "dj_queue.portable", "dj_queue.models"}
PLUGINS = {path.parent.name for path in ROOT.glob("dj_queue_*/__init__.py")}
VENDOR = re.compile("sqlite|postgres|mysql|mariadb|psycopg", re.IGNORECASE)
CORE = sorted((ROOT / "dj_queue").rglob("*.py"))


def test_every_package_is_linted():
    assert set(LINTER["root_packages"]) == {"dj_queue", *PLUGINS}
    assert set(CONTRACTS["plugins-are-independent"]["modules"]) == PLUGINS


def test_plugins_see_the_contract_the_portable_dialect_and_the_models_alone():
    contract = CONTRACTS["plugins-see-the-sdk"]

    assert set(contract["source_modules"]) == PLUGINS
    assert set(contract["forbidden_modules"]) == ROOMS - OPEN_TO_PLUGINS


def test_every_room_has_a_layer():
    layers = {name for line in CONTRACTS["layers"]["layers"] for name in re.findall(r"\w+", line)}

    assert {f"dj_queue.{name}" for name in layers} == ROOMS - {"dj_queue.migrations"}


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_of_the_core_names_no_database(path):
    assert VENDOR.findall(path.read_text()) == []
