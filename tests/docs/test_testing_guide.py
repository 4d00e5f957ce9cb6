"""The page on testing: its tests pass in a project of their own, on one database and on two."""

import os
import subprocess
import sys

import pytest

from tests.docs import pages
from tests.docs.running import runs

PAGE = pages.DOCS / "how-to" / "testing.md"
TASKS = pages.file_of(PAGE, "shop/tasks.py")
FOR_PYTEST = ("pyproject.toml", "test_orders.py", "test_plugins.py")
SETTINGS = """
SECRET_KEY = "tests only"
USE_TZ = True
INSTALLED_APPS = ["dj_queue"]
DATABASES = {{
    alias: {{"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {{"transaction_mode": "IMMEDIATE"}}}}
    for alias in {databases}
}}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
TASKS = {{
    "default": {{
        "BACKEND": "dj_queue.backend.DjQueueBackend",
        "OPTIONS": {{"database_alias": {databases}[-1], "plugins": ["dj_queue_sqlite.plugin"]}},
    }}
}}
"""
# What pytest-django does, in short.
CONFTEST = """
import os

import pytest


def pytest_addoption(parser):
    parser.addini("DJANGO_SETTINGS_MODULE", "the project's settings")


def pytest_configure(config):
    import django

    config.addinivalue_line("markers", "django_db: this test uses the database")
    os.environ["DJANGO_SETTINGS_MODULE"] = config.getini("DJANGO_SETTINGS_MODULE")
    django.setup()


@pytest.fixture(scope="session")
def databases():
    from django.test.utils import setup_databases, teardown_databases

    made = setup_databases(verbosity=0, interactive=False)
    yield
    teardown_databases(made, verbosity=0)


@pytest.fixture(autouse=True)
def in_a_transaction(request, databases):
    from django.db import transaction

    if request.node.get_closest_marker("django_db") is None:
        pytest.fail("without its mark, pytest-django keeps a test from the database")
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
"""


@pytest.fixture
def run_in_project(tmp_path, shown):
    """`run_in_project(databases, ...)` runs a module of Python's in a project with files of the page; its output."""
    for block in shown:
        path = tmp_path / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text)
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "conftest.py").write_text(CONFTEST)

    def run(databases, *arguments):
        (tmp_path / "shop" / "settings.py").write_text(SETTINGS.format(databases=databases))
        here = {"PYTHONPATH": f"{tmp_path}:{pages.ROOT}"}
        here |= {
            "DJANGO_SETTINGS_MODULE": "shop.settings" if arguments[0] == "django" else "read.from.the.file"
        }
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=tmp_path,
            env={**os.environ, **here},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
        return done.stdout + done.stderr

    return run


@runs(TASKS, pages.file_of(PAGE, "shop/tests.py"))
def test_test_cases_pass(run_in_project):
    assert "Ran 1 test" in run_in_project(["default"], "django", "test", "shop.tests")


@runs(TASKS, pages.file_of(PAGE, "shop/tests_on_two_databases.py"))
def test_test_cases_on_two_databases_pass(run_in_project):
    output = run_in_project(["default", "queue"], "django", "test", "shop.tests_on_two_databases")
    assert "Ran 1 test" in output


@runs(TASKS, *[pages.file_of(PAGE, name) for name in FOR_PYTEST])
def test_tests_for_pytest_pass(run_in_project):
    output = run_in_project(["default"], "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider")
    assert "2 passed" in output
