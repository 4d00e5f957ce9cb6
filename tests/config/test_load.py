"""Every problem is told at once, each with its path in the source that has to change."""

import pytest

from dj_queue.exceptions import ConfigurationError
from tests.config.layers import PLACE, in_environment, in_file, in_settings, problems, read


def test_no_layers_are_the_defaults():
    assert read() == read(in_settings())


def test_every_problem_is_told_at_once_with_its_exact_path():
    layer = in_settings(
        mode="threads",
        workers=[{"threads": 0}, {"queues": []}],
        dispatchers=[{"batch_size": "many"}],
        scheduler={"polling_interval": -1},
        recurring={"nightly": {"task_path": "shop.tasks.clean", "schedule": "R * * * *"}},
        shutdown_timout=5,
        database_alias="nowhere",
    )

    assert [problem.partition(": ")[0] for problem in problems(layer)] == [
        f"{PLACE}['mode']",
        f"{PLACE}['shutdown_timout']",
        f"{PLACE}['workers'][0]['threads']",
        f"{PLACE}['workers'][1]['queues']",
        f"{PLACE}['dispatchers'][0]['batch_size']",
        f"{PLACE}['scheduler']['polling_interval']",
        f"{PLACE}['recurring']['nightly']['schedule']",
        f"{PLACE}['database_alias']",
    ]


def test_each_problem_is_told_in_the_words_of_the_layer_it_came_from():
    found = problems(
        in_settings(scheduler={"dynamic_tasks_enabled": 1, "polling_interval": 0}, shutdown_timeout=-1),
        in_file(scheduler={"polling_interval": 0}, workers=[{"threads": 0}]),
        in_environment(mode="banana"),
    )

    assert {problem.rpartition(": ")[0] for problem in found} == {
        f"{PLACE}['shutdown_timeout']",
        f"{PLACE}['scheduler']['dynamic_tasks_enabled']",
        "queue.yml: scheduler.polling_interval",
        "queue.yml: workers[0].threads",
        "DJ_QUEUE_MODE: mode",
    }


def test_value_that_a_higher_layer_replaces_is_not_read():
    assert read(in_settings(mode="banana"), in_file(mode="async")).mode == "async"


def test_error_holds_each_problem_and_its_text_holds_all():
    with pytest.raises(ConfigurationError) as refused:
        read(in_settings(mode=1, listen_notify=2))

    assert len(refused.value.problems) == 2
    assert str(refused.value) == "\n".join(refused.value.problems)


def test_backend_alias_longer_than_its_column_is_refused():
    assert problems(alias="x" * 64) == []
    assert problems(alias="x" * 65) == [f"TASKS['{'x' * 65}']: the alias has 65 characters; 64 are allowed"]


def test_merged_values_are_kept_for_plugins():
    assert read(in_settings(plugin_options={"acme": {"x": 1}})).values == {
        "plugin_options": {"acme": {"x": 1}}
    }


def test_what_was_refused_leaves_the_rest_checked_against_what_was_given():
    found = problems(in_settings(process_heartbeat_interval=-1, process_alive_threshold=5))

    assert found == [f"{PLACE}['process_heartbeat_interval']: -1 is not allowed; use seconds above 0"]
