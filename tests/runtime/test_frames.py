"""Where the traceback of a task's error begins."""

import traceback

import pytest

from dj_queue.runtime.frames import begin_at


class Attributes(Exception):
    def __getattribute__(self, name):
        raise RuntimeError(name)


def task(error, depth=0):
    if depth:
        task(error, depth - 1)
    raise error


def call(func, *args):
    """The names of the frames, once the error is cut."""
    try:
        func(*args)
    except Exception as error:
        begin_at(error, task)
        frames = BaseException.__getattribute__(error, "__traceback__")
        return [frame.name for frame in traceback.extract_tb(frames)]


@pytest.mark.parametrize("error", [ValueError, Attributes])
def test_a_traceback_begins_in_the_function(error):
    assert call(task, error()) == ["task"]


def test_what_the_function_calls_is_kept_itself_included():
    assert call(task, ValueError("no"), 2) == ["task"] * 3


def test_a_call_that_never_reached_the_function_keeps_its_frames():
    assert call(task) == ["call"]
    assert call(len) == ["call"]
