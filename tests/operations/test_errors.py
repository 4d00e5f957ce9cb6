"""Errors: whatever an exception does, an entry is made of it that every database can hold."""

import json
import threading
import traceback
import tracemalloc
from uuid import uuid4

import pytest

from dj_queue.contract import Status
from dj_queue.operations import errors
from dj_queue.operations.finish import finish
from tests.operations.outcomes import failure
from tests.project import tasks

WORKER = uuid4()


class Meta(type):
    def __getattribute__(cls, name):
        raise RuntimeError(name)


class HostileClass(Exception, metaclass=Meta):
    pass


class HostileText(Exception):
    def __str__(self):
        raise RuntimeError("no text")

    __repr__ = __str__


class QuittingText(Exception):
    def __str__(self):
        raise SystemExit(3)


class HostileReduce(Exception):
    def __reduce__(self):
        raise RuntimeError("no copy")


class Unprintable:
    def __format__(self, spec):
        raise KeyboardInterrupt

    __str__ = __repr__ = __format__


class HostileModule(Exception):
    __module__ = Unprintable()


class Attributes(Exception):
    def __getattribute__(self, name):
        raise RuntimeError(name)


def raised(error):
    try:
        raise error
    except BaseException as caught:
        return caught


def chained(length):
    error = ValueError("first")
    for number in range(length):
        following = ValueError(number)
        following.__cause__ = error
        error = following
    return error


def circular():
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def recursive():
    try:
        return recursive()
    except RecursionError as error:
        return error


def local():
    class Local(Exception):
        pass

    return Local("é")


HOSTILE = {
    "metaclass": lambda: HostileClass("no"),
    "text": HostileText,
    "text that quits": QuittingText,
    "reduce": lambda: HostileReduce("no"),
    "module": lambda: HostileModule("no"),
    "attributes": lambda: Attributes("no"),
    "local class": local,
    "long chain": lambda: chained(3000),
    "circle": circular,
    "recursion": recursive,
    "memory": MemoryError,
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "generator": GeneratorExit,
    "group": lambda: ExceptionGroup("many", [ValueError(number) for number in range(1000)]),
    "deep group": lambda: deep_group(200),
    "NUL": lambda: ValueError("a\0b"),
    "half characters": lambda: ValueError("\ud800 \udfff"),
    "control characters": lambda: ValueError("\x1b[31m \u202e \x07"),
    "notes": lambda: noted(),  # noqa: PLW0108 - defined below
    "syntax": lambda: SyntaxError("no", ("f.py", 1, 1, "\ud800", 1, 2)),
    "unicode": lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"),
}


def deep_group(depth):
    error = ValueError("inmost")
    for _ in range(depth):
        error = ExceptionGroup("group", [error])
    return error


def noted():
    error = ValueError("no")
    error.add_note("\0" * 100)
    error.__notes__.append(Unprintable())
    return error


@pytest.mark.fault(10)
@pytest.mark.parametrize("name", HOSTILE)
def test_any_exception_becomes_an_entry_that_can_be_stored(services, on, take, jobs, name):
    result = on(tasks.add).enqueue(1, 2)
    (job,) = take()
    entry = errors.entry(raised(HOSTILE[name]()), job.attempt, job.process_id)
    assert len(entry["traceback"]) <= errors.MAX_TRACEBACK
    assert entry["traceback"]
    assert 0 < len(entry["class"]) <= errors.MAX_CLASS_PATH
    for text in (entry["class"], entry["traceback"]):
        assert "\0" not in text
        text.encode()
    finish(services, [failure(job)._replace(errors_json=errors.appended([], entry))])
    assert jobs.get().status == Status.FAILED
    result.refresh()
    (shown,) = result.errors
    assert (shown.exception_class_path, shown.traceback) == (entry["class"], entry["traceback"])


def test_an_entry_names_class_worker_attempt_and_place():
    entry = errors.entry(raised(ValueError("no")), 3, WORKER)
    assert (entry["class"], entry["attempt"], entry["worker"]) == ("builtins.ValueError", 3, str(WORKER))
    assert "test_errors.py" in entry["traceback"]
    assert entry["traceback"].endswith("ValueError: no\n")
    assert errors.class_path(local()) == "tests.operations.test_errors.local.<locals>.Local"


@pytest.mark.parametrize("name", HOSTILE)
def test_any_exception_has_a_summary_in_one_line(name):
    line = errors.summary(raised(HOSTILE[name]()))
    assert 0 < len(line) <= errors.MAX_SUMMARY
    assert len(line.splitlines()) == 1
    line.encode()


def test_a_summary_has_class_and_text_without_what_is_hidden():
    line = errors.summary(raised(LookupError("no\n\nsuch thing")), lambda text: text.replace("thing", "***"))
    assert line == "LookupError: no such ***"


@pytest.mark.fault(9)
def test_of_a_long_traceback_head_and_tail_are_kept():
    entry = errors.entry(raised(ValueError("x" * 200_000 + "the end")), 1, WORKER)
    assert len(entry["traceback"]) <= errors.MAX_TRACEBACK
    assert entry["traceback"].startswith("Traceback")
    assert entry["traceback"].endswith("the end\n")
    assert "characters left out" in entry["traceback"]


@pytest.mark.fault(11)
def test_a_message_of_fifty_megabytes_is_not_copied_many_times():
    error = raised(ValueError("x\0" * 25 * 1024 * 1024))
    tracemalloc.start()
    try:
        entry = errors.entry(error, 1, WORKER)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(entry["traceback"]) <= errors.MAX_TRACEBACK
    assert peak < 160 * 1024 * 1024


@pytest.mark.fault(11)
def test_characters_that_grow_when_escaped_still_fit():
    entry = errors.entry(raised(ValueError("\ud800" * 100_000)), 1, WORKER)
    assert len(entry["traceback"]) <= errors.MAX_TRACEBACK


def test_old_tracebacks_are_left_out_of_a_long_history():
    history = []
    for number in range(15):
        history = json.loads(errors.appended(history, errors.entry(raised(ValueError()), number, WORKER)))
    assert [entry["attempt"] for entry in history] == list(range(15))
    assert [bool(entry["traceback"]) for entry in history] == [False] * 5 + [True] * errors.KEPT_TRACEBACKS
    assert all(entry["class"] == "builtins.ValueError" for entry in history)


@pytest.mark.parametrize("stored", [None, 5, "text", {"a": 1}, [1, None, "x", []]], ids=repr)
def test_what_is_no_entry_is_left_out(stored):
    assert errors.entries(stored) == []
    assert json.loads(errors.appended(stored, {"attempt": 1})) == [{"attempt": 1}]


def test_entries_are_made_by_many_threads_at_once():
    made = []

    def make():
        made.append(errors.entry(raised(chained(50)), 1, WORKER))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({entry["traceback"].count("ValueError") for entry in made}) == 1
    assert traceback.format_exception(raised(ValueError()))
