"""Operators see every option with its value and its source, and no secret."""

import pytest

from dj_queue.config.merge import merge
from dj_queue.config.show import describe, render
from tests.config.layers import in_environment, in_file, in_settings, read
from tests.config.test_options import TABLES

SECRET = "hunter2"
LAYERS = (
    in_settings(
        mode="fork",
        workers=[{"threads": 2}, {"queues": ["email", "default*"]}],
        scheduler={"polling_interval": 3},
        plugin_options={"acme": {"token": SECRET}},
        on_thread_error="builtins.print",
    ),
    in_file(
        workers=[{"threads": 4}, {"queues": "email,default*"}],
        scheduler={"dynamic_tasks_enabled": True},
        recurring={
            "nightly": {
                "task_path": "shop.tasks.clean",
                "schedule": "@daily UTC",
                "args": [SECRET],
                "kwargs": {SECRET: SECRET},
            }
        },
    ),
    in_environment(mode="async"),
)


def shown(*layers):
    return {row.path: (row.value, row.source) for row in describe(merge(layers), read(*layers))}


def test_each_value_has_the_source_that_won():
    rows = shown(*LAYERS)

    assert rows["mode"] == ("async", "DJ_QUEUE_MODE")
    assert rows["workers[0].threads"] == ("4", "queue.yml")
    assert rows["workers[0].processes"] == ("1", "default")
    assert rows["workers[1].queues"] == ("email, default*", "queue.yml")
    assert rows["scheduler.polling_interval"] == ("3.0", "TASKS")
    assert rows["scheduler.dynamic_tasks_enabled"] == ("True", "queue.yml")
    assert rows["recurring.nightly.schedule"] == ("@daily UTC", "queue.yml")
    assert rows["recurring.nightly.priority"] == ("0", "default")
    assert rows["on_thread_error"] == ("builtins.print", "TASKS")
    assert rows["database_alias"] == ("default", "default")


def test_every_option_of_every_level_is_listed():
    paths = {path.rpartition(".")[2].partition("[")[0] for path in shown(*LAYERS)}

    for table in TABLES.values():
        assert set(table) - {"workers", "dispatchers", "scheduler", "recurring", "time_zone"} <= paths


def test_arguments_and_plugin_options_are_named_and_not_shown():
    rows = shown(*LAYERS)

    assert rows["plugin_options"] == ("(not shown)", "TASKS")
    assert rows["recurring.nightly.args"] == rows["recurring.nightly.kwargs"] == ("(not shown)", "queue.yml")
    assert SECRET not in render(merge(LAYERS), read(*LAYERS))


def test_nothing_given_is_all_defaults():
    assert {source for _value, source in shown().values()} == {"default"}
    assert shown()["workers[0].queues"] == ("*", "default")
    assert shown()["plugin_options"] == shown()["plugins"] == ("none", "default")


def test_empty_lists_are_shown():
    assert shown(in_settings(workers=[]))["workers"] == ("none", "TASKS")


def test_text_is_one_line_an_option_in_columns():
    lines = render(merge(LAYERS), read(*LAYERS)).splitlines()

    assert len(lines) == len(shown(*LAYERS))
    [mode] = [line for line in lines if line.startswith("mode ")]
    assert mode.split() == ["mode", "async", "DJ_QUEUE_MODE"]


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[2J", "\u202egnp.exe"])
def test_text_that_would_steer_the_terminal_is_escaped(text):
    entry = {"task_path": "shop.tasks.clean", "schedule": "@daily", "description": text}
    layers = (in_settings(recurring={text: entry}),)

    assert all(line.isprintable() for line in render(merge(layers), read(*layers)).splitlines())
    assert len(render(merge(layers), read(*layers)).splitlines()) == len(shown(*layers))
