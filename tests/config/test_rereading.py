"""Options read again: what counts at once, what waits for the next start, and that nonsense changes nothing."""

from dataclasses import fields

import pytest

from dj_queue.config.assembly import Source
from dj_queue.config.load import read_options
from dj_queue.config.merge import merge
from dj_queue.config.options import Options
from dj_queue.config.rereading import AT_START, read_again
from dj_queue.contract import ConfigLayer
from dj_queue.exceptions import ConfigurationError

BEFORE = {"mode": "async", "workers": [{"threads": 2}], "plugin_options": {"acme": {"url": "a"}}}


def layers(values, rank=10):
    return ConfigLayer(f"rank {rank}", rank, values, f"rank {rank}")


def again(now, before=BEFORE):
    merged = merge([layers(before)])
    source = Source("acme", (layers(now),), 5.0)
    return read_again("default", read_options("default", merged), merged, (source,))


def test_options_that_differ_are_named_and_the_others_are_not():
    reread = again({**BEFORE, "workers": [{"threads": 5}], "shutdown_timeout": 9})
    assert (reread.changed, reread.waiting) == (["workers", "shutdown_timeout"], [])
    assert reread.options.workers[0].threads == 5


def test_the_same_said_in_other_words_is_no_change():
    assert (
        again({**BEFORE, "workers": [{"threads": 2, "processes": 1}], "max_lost_attempts": 3}).changed == []
    )


def test_options_of_the_start_keep_their_values_and_are_named():
    reread = again({"workers": [{"threads": 5}], "mode": "fork", "plugin_options": {}})
    assert (reread.changed, reread.waiting) == (["workers"], ["mode", "plugin_options"])
    assert reread.options.mode == "async"
    assert reread.merged.values["plugin_options"] == BEFORE["plugin_options"]
    assert reread.merged.place(("mode",)) == "rank 10: mode"


@pytest.mark.parametrize(
    ("now", "place"),
    [
        ({"workers": [{"threads": 0}]}, "rank 10: workers[0].threads"),
        ({"mode": "banana"}, "rank 10: mode"),
        ({"wrokers": []}, "rank 10: wrokers"),
    ],
)
def test_nonsense_is_refused_with_its_place_be_it_for_the_next_start(now, place):
    with pytest.raises(ConfigurationError) as refused:
        again({**BEFORE, **now})
    assert place in str(refused.value)


def test_every_option_of_the_start_exists():
    assert {field.name for field in fields(Options)} >= AT_START


def test_recurring_tasks_in_another_order_are_no_change():
    entry = {"task_path": "tests.project.tasks.add", "schedule": "@daily", "args": [1, 1]}
    before = {"recurring": {"a": entry, "b": entry}}
    assert again({"recurring": {"b": entry, "a": entry}}, before).changed == []


def test_options_by_which_hosts_judge_each_other_wait_for_the_start():
    reread = again({**BEFORE, "process_heartbeat_interval": 1, "process_alive_threshold": 3})
    assert reread.waiting == ["process_alive_threshold", "process_heartbeat_interval"]
    assert reread.options.process_alive_threshold == 60
