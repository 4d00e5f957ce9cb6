"""The page on testing: its tests pass in a project of their own, on one database and on two."""

import os
import subprocess
import sys

import pytest

from tests.docs import pages

FILES = [block for block in pages.blocks(pages.DOCS / "how-to" / "testing.md", "python") if block.file]
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
import django
import pytest

django.setup()


def pytest_configure(config):
    config.addinivalue_line("markers", "django_db: this test uses the database")


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
def run_in_project(tmp_path):
    """`run_in_project(databases, ...)` runs a module of Python's in a project with the page's files; its output."""
    for block in FILES:
        path = tmp_path / block.file
        path.parent.mkdir(exist_ok=True)
        path.write_text(block.text)
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "conftest.py").write_text(CONFTEST)

    def run(databases, *arguments):
        (tmp_path / "shop" / "settings.py").write_text(SETTINGS.format(databases=databases))
        here = {"DJANGO_SETTINGS_MODULE": "shop.settings", "PYTHONPATH": f"{tmp_path}:{pages.ROOT}"}
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


def test_test_cases_pass(run_in_project):
    assert "Ran 1 test" in run_in_project(["default"], "django", "test", "shop.tests")


def test_test_cases_on_two_databases_pass(run_in_project):
    output = run_in_project(["default", "queue"], "django", "test", "shop.tests_on_two_databases")
    assert "Ran 1 test" in output


def test_tests_for_pytest_pass(run_in_project):
    output = run_in_project(["default"], "pytest", "-q", "-p", "no:django", "-p", "no:cacheprovider")
    assert "2 passed" in output
