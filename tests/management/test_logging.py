"""What `manage.py dj_queue` logs: lines to read, or JSON that machines read."""

import json
import logging
import re
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.test import override_settings
from django.utils.log import AdminEmailHandler

from dj_queue.management.logging import JsonFormatter, log_to_console
from tests.management.conftest import one_backend
from tests.project import tasks

GOOD_TIME = 90
LINE = r"[\d-]+ [\d:,]+ (?:INFO|WARNING|ERROR) +\[\d+\] (?P<logger>[\w.]+): (?P<text>.*)"


def test_json_lines_tell_of_the_runtime_and_of_each_job(
    services, on, jobs, queue_process, log_of, wait_until
):
    process = queue_process("--log-format", "json")
    results = [on(tasks.add).enqueue(1, 2), on(tasks.fail).enqueue("no\nsuch thing")]
    wait_until(lambda: jobs.filter(finished_at=None).count() == 0, GOOD_TIME)
    wait_until(lambda: all(log_of(process).count(result.id) > 1 for result in results), GOOD_TIME)
    process.terminate()
    assert process.wait(GOOD_TIME) == 0
    lines = [json.loads(line) for line in log_of(process).splitlines()]
    assert {"dj_queue.boot", "dj_queue.runtime", "django.tasks"} <= {line["logger"] for line in lines}
    for line in lines:
        assert {"time", "level", "logger", "process", "thread", "message"} <= line.keys()


def test_a_traceback_stays_in_its_line():
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        record = logging.LogRecord(
            "dj_queue", logging.ERROR, __file__, 1, "it %s", ("failed",), sys.exc_info()
        )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    found = json.loads(text)
    assert found["message"] == "it failed"
    assert found["time"].endswith("+00:00")
    assert "ValueError: first\nsecond" in found["exception"]


@one_backend
def test_text_tells_of_the_runtime_and_of_each_job_in_one_format(on, jobs, queue_process, log_of, wait_until):
    process = queue_process("--log-format", "text")
    result = on(tasks.add).enqueue(1, 2)
    wait_until(lambda: log_of(process).count(result.id) > 1, GOOD_TIME)
    lines = log_of(process).splitlines()
    assert {"dj_queue.boot", "django.tasks"} <= {re.fullmatch(LINE, line)["logger"] for line in lines}


@contextmanager
def as_started():
    """The two loggers and their parents as a process starts with them; what is done to them is undone."""
    names = ("dj_queue", "django.tasks", "django", "")
    found = [logging.getLogger(name) for name in names]
    before = [(each.handlers, each.level, each.propagate) for each in found]
    for each in found[:2]:
        each.handlers, each.propagate = [], True
        each.setLevel(logging.NOTSET)
    logging.getLogger().handlers = []
    found[2].handlers = [*found[2].handlers]
    try:
        yield SimpleNamespace(queue=found[0], jobs=found[1], django=found[2], root=found[3])
    finally:
        for each, (handlers, level, propagate) in zip(found, before, strict=True):
            each.handlers, each.propagate = handlers, propagate
            each.setLevel(level)


def log_one_job(loggers):
    loggers.queue.info("the worker started")
    loggers.jobs.info("a job ended")
    loggers.jobs.error("a job failed")


def said(capsys):
    """Logger and text of each line."""
    found = [re.fullmatch(LINE, line) for line in capsys.readouterr().err.splitlines()]
    return [(line["logger"], line["text"]) for line in found]


ALL = [("dj_queue", "the worker started"), ("django.tasks", "a job ended"), ("django.tasks", "a job failed")]


@pytest.mark.parametrize(
    ("log_format", "debug", "lines"),
    [("text", False, ALL), (None, True, ALL), (None, False, [ALL[0], ALL[2]])],
    ids=["asked for", "in DEBUG", "unasked"],
)
def test_without_handlers_of_the_project_each_line_comes_once_and_in_one_format(
    capsys, log_format, debug, lines
):
    with override_settings(DEBUG=debug), as_started() as loggers:
        log_to_console(log_format)
        log_one_job(loggers)
    assert said(capsys) == lines


def test_errors_that_django_mails_are_mailed_still():
    for log_format in (None, "text", "json"):
        with as_started() as loggers:
            log_to_console(log_format)
            found = [type(each) for each in loggers.jobs.handlers]
        assert found == [logging.StreamHandler, AdminEmailHandler]


@pytest.mark.parametrize("where", ["root", "django"])
def test_where_the_project_has_a_handler_its_own_format_is_left_alone(capsys, where):
    with as_started() as loggers:
        getattr(loggers, where).addHandler(logging.StreamHandler(sys.stdout))
        log_to_console(None)
        log_one_job(loggers)
        assert loggers.jobs.level == logging.NOTSET
    assert capsys.readouterr().out.splitlines()[-2:] == ["a job ended", "a job failed"]
