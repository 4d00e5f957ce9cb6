"""The four distributions, really built: what is in them, what they say they need, and that they work installed."""

import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
VENDORS = ("postgres", "mysql", "sqlite")
PACKAGES = ("dj_queue", *(f"dj_queue_{vendor}" for vendor in VENDORS))
FOLDERS = {package: ROOT if package == "dj_queue" else ROOT / package for package in PACKAGES}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
DRIVERS = {"postgres": {"psycopg"}, "mysql": {"mysqlclient"}, "sqlite": set()}
NOT_SHIPPED = {"pyproject.toml", "README.md", "LICENSE"}
SETTINGS = """
INSTALLED_APPS = ["dj_queue"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "queue.sqlite3"}}
DATABASE_ROUTERS = ["dj_queue.routers.DjQueueRouter"]
TASKS = {"default": {"BACKEND": "dj_queue.backend.DjQueueBackend"}}
"""
each_package = pytest.mark.parametrize("package", PACKAGES)


def build(folder, target, directory):
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(directory)]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    [built] = [path for path in directory.iterdir() if (path.suffix == ".whl") == (target == "wheel")]
    return built


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return {
        package: build(folder, "wheel", tmp_path_factory.mktemp(package))
        for package, folder in FOLDERS.items()
    }


@pytest.fixture(scope="module")
def sdists(tmp_path_factory):
    return {
        package: build(folder, "sdist", tmp_path_factory.mktemp(package))
        for package, folder in FOLDERS.items()
    }


def files_of(wheel):
    """The files of a wheel: those of the package, and those about it."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
    about = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    return names - about, {name.partition("/")[2] for name in about}


def read_from(wheel, name):
    with zipfile.ZipFile(wheel) as archive:
        return archive.read(f"{wheel.name.removesuffix('-py3-none-any.whl')}.dist-info/{name}")


def in_checkout(package):
    """The files that belong into the wheel of a package, as they stand here."""
    files = [path for path in (ROOT / package).rglob("*") if path.is_file()]
    shipped = [path for path in files if path.suffix != ".pyc" and path.name not in NOT_SHIPPED]
    return {path.relative_to(ROOT).as_posix() for path in shipped}


def requirements(wheel):
    metadata = message_from_bytes(read_from(wheel, "METADATA"))
    return {Requirement(line) for line in metadata.get_all("Requires-Dist")}


def names(needed):
    """Which distributions are needed without any extra."""
    return {requirement.name for requirement in needed if requirement.marker is None}


@each_package
def test_wheel_holds_the_package_and_nothing_else(wheels, package):
    files, about = files_of(wheels[package])

    assert files == in_checkout(package)
    assert f"{package}/py.typed" in files
    assert about - {"entry_points.txt"} == {"METADATA", "WHEEL", "RECORD", "licenses/LICENSE"}


def test_wheel_of_the_core_brings_the_migrations(wheels):
    files, _about = files_of(wheels["dj_queue"])

    assert "dj_queue/migrations/0001_one_row_per_job.py" in files
    assert "dj_queue/migrations/__init__.py" in files


@each_package
def test_sdist_holds_what_a_wheel_is_built_from_and_no_tests(sdists, package):
    with tarfile.open(sdists[package]) as archive:
        files = {name.partition("/")[2] for name in archive.getnames()}

    inside = "" if package != "dj_queue" else "dj_queue/"
    modules = {path.partition("/")[2] for path in in_checkout(package)}
    about = {"pyproject.toml", "README.md", "LICENSE", "PKG-INFO"}
    assert files - {".gitignore"} == about.union(f"{inside}{path}" for path in modules)


@each_package
def test_wheel_built_from_the_sdist_is_the_same(wheels, sdists, tmp_path, package):
    with tarfile.open(sdists[package]) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    [folder] = (tmp_path / "source").iterdir()
    (tmp_path / "built").mkdir()

    again = build(folder, "wheel", tmp_path / "built")

    assert files_of(again) == files_of(wheels[package])
    assert read_from(again, "METADATA") == read_from(wheels[package], "METADATA")


@each_package
def test_licence_of_the_project_goes_with_each_distribution(wheels, package):
    assert read_from(wheels[package], "licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize("vendor", VENDORS)
def test_extra_of_the_core_pulls_the_plugin_of_its_version(wheels, vendor):
    needed = requirements(wheels["dj_queue"])

    for extra in (vendor, "all"):
        assert Requirement(f"dj-queue-{vendor}=={VERSION}; extra == '{extra}'") in needed


@pytest.mark.parametrize("vendor", VENDORS)
def test_plugin_needs_the_core_of_its_version_and_its_own_driver(wheels, vendor):
    needed = requirements(wheels[f"dj_queue_{vendor}"])

    assert Requirement(f"dj-queue=={VERSION}") in needed
    assert names(needed) == {"dj-queue", *DRIVERS[vendor]}


def test_core_needs_no_driver(wheels):
    needed = names(requirements(wheels["dj_queue"]))

    assert "django" in needed
    assert "pluggy" in needed
    assert needed.isdisjoint({"psycopg", "psycopg2", "mysqlclient", *(f"dj-queue-{v}" for v in VENDORS)})


@pytest.mark.parametrize("vendor", VENDORS)
def test_plugin_is_found_by_its_entry_point(wheels, vendor):
    text = read_from(wheels[f"dj_queue_{vendor}"], "entry_points.txt").decode()

    assert text.split() == ["[dj_queue]", vendor, "=", f"dj_queue_{vendor}.plugin"]


def test_core_offers_its_fixture_to_pytest_and_no_plugin_to_itself(wheels):
    text = read_from(wheels["dj_queue"], "entry_points.txt").decode()

    assert text.split() == ["[pytest11]", "dj_queue", "=", "dj_queue.pytest_plugin"]


@pytest.fixture
def installed(wheels, tmp_path):
    """`installed(*arguments)` runs a management command where the core and the SQLite plugin are installed."""
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, wheels["dj_queue"], wheels["dj_queue_sqlite"]], check=True, capture_output=True)
    (tmp_path / "project_settings.py").write_text(SETTINGS)
    here = {
        "PYTHONPATH": os.pathsep.join([str(site), str(tmp_path)]),
        "DJANGO_SETTINGS_MODULE": "project_settings",
        "DJ_QUEUE_PLUGINS": "sqlite",
    }

    def run(*arguments):
        command = [sys.executable, "-W", "error", *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **here}, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.fault(62)
def test_installed_wheels_migrate_and_show_the_plugin_with_its_distribution(installed, tmp_path):
    where = installed("-c", "import dj_queue, dj_queue_sqlite as s; print(dj_queue.__file__, s.__file__)")
    installed("-m", "django", "migrate", "--verbosity", "0")
    lines = installed("-m", "django", "dj_queue", "plugins").splitlines()

    assert where.split() == [
        str(tmp_path / "site" / name / "__init__.py") for name in ("dj_queue", "dj_queue_sqlite")
    ]
    [plugin] = [line.split() for line in lines if line.split()[:1] == ["sqlite"]]
    assert plugin[1:3] == ["dj-queue-sqlite", VERSION]
    assert "active" in plugin
    [backend] = [line for line in lines if "database default" in line]
    assert "dialect sqlite" in backend
