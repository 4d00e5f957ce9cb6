"""Which distributions are installed decides what serves a database; one that does not fit is refused by its name."""

import importlib.util
import shutil
import subprocess
import sys

import pytest
from uv import find_uv_bin

from tests.examples.plugins.installation import ROOT, environment_of_a_user, install

VENDORS = ("postgres", "mysql", "sqlite")
ENGINES = {"postgres": "postgresql", "sqlite": "sqlite3"}
DRIVERS = {"postgres": "psycopg", "sqlite": "sqlite3"}
SETTINGS = """
INSTALLED_APPS = ["dj_queue", "jobs"]
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "queue.sqlite3"}},
    "other": {{"ENGINE": "django.db.backends.{engine}", "NAME": "nowhere"}},
}}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
USE_TZ = True
TASKS = {{
    "default": {{"BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": []}},
    "other": {{
        "BACKEND": "dj_queue.backend.DjQueueBackend", "QUEUES": [], "OPTIONS": {{"database_alias": "other"}}
    }},
}}
"""
JOBS = """
from django.tasks import task


@task
def double(number):
    return 2 * number
"""
RUN = """
import django
django.setup()
import jobs
from dj_queue.testing import run_jobs
jobs.double.enqueue(21)
[run] = run_jobs()
print(run.status, jobs.double.get_result(run.id).return_value)
"""
FOREIGN = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "acme-queue"
version = "3.2.1"
dependencies = ["dj-queue"]
[project.entry-points.dj_queue]
acme = "acme_queue"
"""
A_HOOK = """
from dj_queue.contract import hookimpl

DJ_QUEUE_CONTRACT = {contract}


@hookimpl
def dj_queue_job_finished(jobs):
    pass
"""


class Site:
    """A project of a user, in an environment that has these distributions."""

    def __init__(self, folder, python, engine="sqlite3"):
        self._folder, self._python = folder, python
        (folder / "settings.py").write_text(SETTINGS.format(engine=engine))
        (folder / "jobs.py").write_text(JOBS)

    def run(self, *arguments):
        return subprocess.run(
            [self._python, *arguments],
            cwd=self._folder,
            env={**environment_of_a_user(), "DJANGO_SETTINGS_MODULE": "settings"},
            check=False,
            capture_output=True,
            text=True,
        )

    def manage(self, *arguments):
        return self.run("-m", "django", *arguments)

    def plugins(self):
        lines = self.manage("dj_queue", "plugins").stdout.splitlines()
        return {line.split()[0] for line in lines if "active" in line.split()}


def is_driver_here(vendor):
    return importlib.util.find_spec(DRIVERS[vendor]) is not None


def distributions(*vendors):
    return (ROOT, *(ROOT / f"dj_queue_{vendor}" for vendor in vendors))


@pytest.mark.parametrize("vendors", [(), *((vendor,) for vendor in VENDORS), VENDORS], ids=str)
def test_what_is_installed_serves_and_what_is_not_is_named(tmp_path, vendors):
    site = Site(tmp_path, install(tmp_path, ours=distributions(*vendors)))
    assert site.plugins() == {*vendors, "lifecycle", "portable"}
    assert site.manage("migrate", "-v0").returncode == 0
    done = site.run("-c", RUN)
    assert (done.stdout.split(), done.stderr) == (["successful", "42"], "")
    said = site.manage("check").stderr
    assert ("pip install dj-queue[sqlite]" in said.replace("'", "").replace('"', "")) == (
        "sqlite" not in vendors
    )


# Django's own checks of MySQL ask its server.
@pytest.mark.parametrize("vendor", [vendor for vendor in ("postgres", "sqlite") if is_driver_here(vendor)])
def test_the_extra_for_a_database_without_its_plugin_is_named(tmp_path, vendor):
    others = [other for other in VENDORS if other != vendor]
    site = Site(tmp_path, install(tmp_path, ours=distributions(*others)), ENGINES[vendor])
    assert f"dj-queue[{vendor}]" in site.manage("check").stderr


@pytest.mark.parametrize(
    ("contract", "told"),
    [((2, 0), "upgrade dj-queue"), ((0, 9), "upgrade the plugin")],
    ids=["newer", "older"],
)
def test_a_plugin_of_another_contract_is_refused_in_one_line(tmp_path, contract, told):
    acme = tmp_path / "acme"
    acme.mkdir()
    (acme / "pyproject.toml").write_text(FOREIGN)
    (acme / "acme_queue.py").write_text(A_HOOK.format(contract=contract))
    site = Site(tmp_path, install(tmp_path, acme, ours=distributions("sqlite")))
    for command in (("dj_queue",), ("check",)):
        done = site.manage(*command)
        assert done.returncode == 1
        (line,) = {line.strip() for line in done.stderr.splitlines() if "acme-queue 3.2.1" in line}
        assert told in line
        assert "Traceback" not in done.stderr


@pytest.fixture
def checkout(tmp_path):
    """A copy of what the distributions are made of."""
    ignored = shutil.ignore_patterns(".*", "tests", "docs", "bench", "examples", "__pycache__", "uv.lock")
    return shutil.copytree(ROOT, tmp_path / "checkout", ignore=ignored)


def test_an_editable_install_runs_what_stands_in_the_checkout(tmp_path, checkout):
    python = install(tmp_path, ours=())
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index", "--no-deps"]
    sources = (checkout, *(checkout / f"dj_queue_{vendor}" for vendor in VENDORS))
    edits = [word for source in sources for word in ("-e", str(source))]
    done = subprocess.run([*pip, "--no-build-isolation", *edits], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    site = Site(tmp_path, python)
    with (checkout / "dj_queue" / "__init__.py").open("a") as file:
        file.write("\nCHANGED = 'here'\n")
    assert site.run("-c", "import dj_queue; print(dj_queue.CHANGED)").stdout.strip() == "here"
    assert site.plugins() == {*VENDORS, "lifecycle", "portable"}


def test_uv_syncs_the_workspace_with_the_plugin_of_the_extra(tmp_path, checkout):
    words = ("sync", "--no-default-groups", "--extra", "sqlite", "--python", sys.executable)
    environment = {
        **environment_of_a_user(),
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_PROJECT_ENVIRONMENT": str(checkout / ".venv"),
    }
    done = subprocess.run(
        [find_uv_bin(), *words], cwd=checkout, env=environment, check=False, capture_output=True, text=True
    )
    if done.returncode and "Failed to fetch" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr
    site = Site(tmp_path, checkout / ".venv" / "bin" / "python")
    assert site.plugins() == {"sqlite", "lifecycle", "portable"}
    site.manage("migrate", "-v0")
    assert site.run("-c", RUN).stdout.strip() == "successful 42"
    places = site.run(
        "-c", "import dj_queue as a, dj_queue_sqlite as b; print(a.__file__, b.__file__)"
    ).stdout
    assert all(place.startswith(str(checkout)) for place in places.split())
