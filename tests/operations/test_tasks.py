"""Tasks: a stored path runs a registered task or nothing; what is no task of the project is not imported."""

import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.tasks import Task

from dj_queue.exceptions import UnknownTask
from dj_queue.operations import tasks as operations
from tests.project import tasks

TASK = """
from django.tasks import task
{before}
@task
def send():
    return "sent"
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    """`module(text)` is the name of a module of the project with this text, not loaded yet."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made = []

    def make(text):
        name = f"made_{uuid4().hex}"
        (tmp_path / f"{name}.py").write_text(text)
        made.append(name)
        return name

    yield make
    for name in made:
        sys.modules.pop(name, None)


def test_a_registered_task_is_found_by_its_path():
    assert operations.find_task("tests.project.tasks.add").func is tasks.add.func


def test_a_task_of_a_module_not_loaded_is_imported_and_found(module):
    name = module(TASK.format(before=""))
    found = operations.find_task(f"{name}.send")
    assert isinstance(found, Task)
    assert found.func() == "sent"


def test_a_task_made_by_a_call_is_found(module):
    name = module("from django.tasks import task\ndef send(): ...\nrun = task(send)\n")
    assert operations.find_task(f"{name}.send") is sys.modules[name].run


@pytest.mark.fault(58)
@pytest.mark.fault(58)
@pytest.mark.parametrize(
    "text",
    [
        "from django.tasks import task\nraise SystemError",
        "no python: task",
        TASK.format(before="def other(): ..."),
        "# a task\ndef other(): ...\nclass Box:\n    def send(self): ...\n",
        "# a task\nsend = print\n",
    ],
)
def test_a_module_without_such_a_task_is_not_imported(module, text):
    name = module(text)
    with pytest.raises(UnknownTask, match=r"is not a task of this project"):
        operations.find_task(f"{name}.other")
    assert name not in sys.modules


@pytest.mark.fault(36)
def test_a_module_that_cannot_be_imported_is_an_unknown_task(module):
    name = module(TASK.format(before="import no_such_module_anywhere"))
    with pytest.raises(UnknownTask, match="no_such_module_anywhere"):
        operations.find_task(f"{name}.send")


def test_a_decorated_function_that_is_no_task_is_unknown(module):
    name = module("# task\nfrom functools import cache\n@cache\ndef send(): ...\n")
    with pytest.raises(UnknownTask, match="decorate it with @task"):
        operations.find_task(f"{name}.send")


@pytest.mark.fault(58)
def test_a_loaded_modules_getattr_is_not_asked(module):
    name = module(
        "asked = []\ndef __getattr__(name):\n    asked.append(name)\n    raise AttributeError(name)\n"
    )
    __import__(name)
    asked = sys.modules[name].asked
    asked.clear()
    with pytest.raises(UnknownTask):
        operations.find_task(f"{name}.send")
    assert asked == []


@pytest.mark.fault(58)
@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "subprocess.Popen",
        "tests.project.tasks.no_such",
        "tests.project.tasks.Path",
        "add",
        "",
        ".",
    ],
)
def test_what_is_no_task_is_unknown(path):
    with pytest.raises(UnknownTask):
        operations.find_task(path)


def test_a_task_takes_what_its_job_says_without_being_checked_again(backend_alias):
    due = datetime(1999, 1, 1, tzinfo=UTC)
    bound = operations.bound(
        tasks.add, priority=9999, queue_name="gone*", backend="no such alias", run_after=due
    )
    assert (bound.priority, bound.queue_name, bound.backend, bound.run_after) == (
        9999,
        "gone*",
        "no such alias",
        due,
    )
    assert (bound.func, type(bound)) == (tasks.add.func, type(tasks.add))
    assert operations.differs(bound, 0, "default", "default", None)
    assert not operations.differs(bound, 9999, "gone*", "no such alias", due)


@pytest.mark.fault(36)
@pytest.mark.parametrize("path", ["gone.tasks.send", "no_dots", "a.b.c.d"])
def test_a_removed_task_can_be_shown_but_not_run(path):
    stand_in = operations.find_or_stand_in(path)
    assert stand_in.name == path.rpartition(".")[2]
    with pytest.raises(UnknownTask, match="no longer exists"):
        stand_in.call()
