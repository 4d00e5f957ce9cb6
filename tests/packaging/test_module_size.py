"""A module is read in one sitting."""

import pathlib
from statistics import median

import pytest

ROOT = pathlib.Path(__file__).parents[2]
LONGEST, USUAL = 250, 100
PACKAGES = {path.parent for path in ROOT.glob("dj_queue*/__init__.py")}
MODULES = [
    path
    for package in sorted(PACKAGES)
    for path in sorted(package.rglob("*.py"))
    if "migrations" not in path.parts
]


def test_every_package_is_looked_at():
    assert {package.name for package in PACKAGES} == {
        "dj_queue",
        "dj_queue_postgres",
        "dj_queue_mysql",
        "dj_queue_sqlite",
    }


def test_most_modules_are_short():
    assert median(len(path.read_text().splitlines()) for path in MODULES if path.stat().st_size) < USUAL


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_module_is_read_in_one_sitting(path):
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize(
    "path", [p for p in MODULES if p.stat().st_size], ids=lambda path: str(path.relative_to(ROOT))
)
def test_module_says_why_it_exists(path):
    assert path.read_text().startswith('"""')
