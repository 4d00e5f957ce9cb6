"""What `manage.py dj_queue` logs: lines to read, or JSON that machines read."""

import json
import logging
import sys

from dj_queue.management.logging import JsonFormatter
from tests.management.conftest import one_backend
from tests.project import tasks

GOOD_TIME = 90


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
def test_text_can_be_asked_for_too(queue_process, log_of, wait_until):
    process = queue_process("--log-format", "text")
    wait_until(lambda: "dj_queue.boot: " in log_of(process), GOOD_TIME)
    assert "INFO" in log_of(process)
