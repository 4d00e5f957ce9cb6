"""Task sources: whether a module may be imported for a task is read from its file, without running it."""

import sys

import pytest

from dj_queue.operations.task_sources import may_define_task

SOURCE = "from django.tasks import task\n@task\ndef send(): ...\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of the project's on Python's path."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    "text",
    [
        SOURCE,
        SOURCE.replace("def", "async def"),
        "import django.tasks\n@django.tasks.task(priority=1)\ndef send(): ...\n",
        "from django.tasks import task\nif True:\n    @task\n    def send(): ...\n",
        "try:\n    from django.tasks import task\n    @task\n    def send(): ...\nexcept ImportError: ...\n",
        "from django.tasks import task\ndef send(): ...\nsend_later = task(priority=1)(send)\n",
    ],
)
def test_a_function_that_is_decorated_or_handed_on_may_be_a_task(folder, text):
    (folder / "made_here.py").write_text(text)
    assert may_define_task("made_here", "send")
    assert not may_define_task("made_here", "other")
    assert "made_here" not in sys.modules


@pytest.mark.parametrize(
    "text",
    [
        "def send(): ...\n",
        "# task\ndef send(): ...\n",
        "# task\ndef send(): ...\nsend()\n",
        "# task\nclass A:\n    @staticmethod\n    def send(): ...\n",
        "# task\ndef outer():\n    @outer\n    def send(): ...\n",
        "# task\nsend = 1\n",
        "# task\nimport send\n",
        "# task \x00",
        "task (",
        "# task\n" + "(" * 100_000,
        "",
    ],
)
def test_anything_else_may_not(folder, text):
    (folder / "made_here.py").write_text(text)
    assert not may_define_task("made_here", "send")


def test_a_file_of_many_megabytes_is_not_read(folder):
    (folder / "made_here.py").write_text(SOURCE + "#" * 5 * 1024 * 1024)
    assert not may_define_task("made_here", "send")


def test_packages_are_looked_into_without_being_run(folder):
    package = folder / "made_package" / "deep"
    package.mkdir(parents=True)
    for init in (package, package.parent):
        (init / "__init__.py").write_text("raise SystemExit")
    (package / "tasks.py").write_text(SOURCE)
    assert may_define_task("made_package.deep.tasks", "send")
    assert not any(name.startswith("made_package") for name in sys.modules)


def test_installed_packages_and_the_standard_library_are_not_of_the_project(tmp_path, monkeypatch):
    from dj_queue.operations import task_sources

    (tmp_path / "installed.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert may_define_task("installed", "send")
    monkeypatch.setattr(task_sources, "_installed_folders", lambda: (tmp_path.resolve(),))
    assert not may_define_task("installed", "send")
    for module, name in (("antigravity", "geohash"), ("asyncio.tasks", "gather"), ("pytest", "task")):
        assert not may_define_task(module, name)


def test_a_link_to_an_installed_file_is_not_of_the_project_either(folder):
    import asyncio.tasks

    (folder / "linked.py").symlink_to(asyncio.tasks.__file__)
    assert not may_define_task("linked", "gather")


def test_installed_apps_are_of_the_project_wherever_they_are():
    assert may_define_task("tests.project.tasks", "add")


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("", "send"),
        ("made_here", ""),
        ("made_here", "a b"),
        ("../made_here", "send"),
        ("made_here\0", "send"),
        (".made_here", "send"),
        ("no_such_module", "send"),
        ("made_here.deeper", "send"),
        ("x." * 3000 + "y", "send"),
        ("builtins", "exec"),
        ("sys", "exit"),
    ],
)
def test_names_that_can_name_no_module_of_the_project(folder, module, name):
    (folder / "made_here.py").write_text(SOURCE)
    assert not may_define_task(module, name)
