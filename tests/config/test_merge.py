"""Layers are laid over each other by rank, and each value knows where it came from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dj_queue.config.merge import DEEP, merge, spell
from dj_queue.contract import ConfigLayer
from tests.config.layers import PLACE, in_environment, in_file, in_settings

NAMES = st.sampled_from(["mode", "workers", *DEEP])
VALUES = st.one_of(
    st.none(), st.integers(), st.dictionaries(st.sampled_from(["a", "b", "c"]), st.integers(), max_size=3)
)
LAYERS = st.lists(
    st.builds(
        ConfigLayer,
        st.text(min_size=1, max_size=3),
        st.integers(0, 50),
        st.dictionaries(NAMES, VALUES, max_size=4),
    ),
    max_size=5,
)


def by_hand(layers):
    """The merged values, said the slow way: highest rank first, the first that has a value gives it."""
    ordered = [layer.values for layer in sorted(layers, key=lambda layer: layer.rank)][::-1]
    found = {}
    for name in {name for values in ordered for name in values}:
        given_values = [values[name] for values in ordered if name in values]
        value = given_values[0]
        if name in DEEP and isinstance(value, dict):
            value = {}
            for lower in given_values:
                if not isinstance(lower, dict):
                    break
                value = {**lower, **value}
        found[name] = value
    return found


@pytest.mark.parametrize("turn", [0, 1, 2])
def test_higher_rank_wins_in_whatever_order_layers_come(turn):
    layers = [in_settings(mode="fork"), in_file(mode="fork"), in_environment(mode="async")]

    merged = merge(layers[turn:] + layers[:turn])

    assert merged.values["mode"] == "async"
    assert merged.source_of(("mode",)).name == "DJ_QUEUE_MODE"


def test_of_equal_ranks_the_later_wins():
    merged = merge([ConfigLayer("first", 25, {"mode": "fork"}), ConfigLayer("second", 25, {"mode": "async"})])

    assert merged.values["mode"] == "async"
    assert merged.source_of(("mode",)).name == "second"


@pytest.mark.parametrize(("rank", "winner"), [(5, "TASKS"), (15, "acme"), (25, "acme")])
def test_layer_of_a_plugin_stands_at_its_rank(rank, winner):
    merged = merge([in_settings(mode="fork"), ConfigLayer("acme", rank, {"mode": "async"})])

    assert merged.source_of(("mode",)).name == winner


def test_lists_and_plain_values_are_replaced_whole():
    merged = merge([in_settings(workers=[{"threads": 1}, {"threads": 2}]), in_file(workers=[{"threads": 3}])])

    assert merged.values["workers"] == [{"threads": 3}]


@pytest.mark.parametrize("name", DEEP)
def test_scheduler_recurring_and_plugin_options_are_merged_key_by_key(name):
    lower, higher = {"kept": {"x": 1}, "changed": {"x": 1}}, {"changed": {"y": 2}, "added": {"z": 3}}

    merged = merge([in_settings(**{name: lower}), in_file(**{name: higher})])

    assert merged.values[name] == {"kept": {"x": 1}, "changed": {"y": 2}, "added": {"z": 3}}
    sources = {key: merged.source_of((name, key)).name for key in ("kept", "changed", "added")}
    assert sources == {"kept": "TASKS", "changed": "queue.yml", "added": "queue.yml"}


def test_layers_are_left_as_they_were():
    lower = {"a": 1}

    merge([in_settings(scheduler=lower), in_file(scheduler={"b": 2})])

    assert lower == {"a": 1}


def test_value_that_is_no_mapping_replaces_one_and_its_sources():
    merged = merge(
        [in_settings(scheduler={"a": 1}), in_file(scheduler={"b": 2}), in_environment(scheduler=None)]
    )

    assert merged.values["scheduler"] is None
    assert merged.source_of(("scheduler", "b")).name == "DJ_QUEUE_MODE"


def test_value_inside_another_has_the_source_of_what_is_around_it():
    merged = merge([in_settings(workers=[{"threads": 0}])])

    assert merged.place(("workers", 0, "threads")) == f"{PLACE}['workers'][0]['threads']"


def test_value_that_nobody_gives_has_no_source_and_would_be_written_in_the_lowest_layer():
    merged = merge([in_file(mode="fork"), in_settings()])

    assert merged.source_of(("database_alias",)) is None
    assert merged.place(("database_alias",)) == f"{PLACE}['database_alias']"


def test_nothing_merged_is_nothing():
    assert merge([]).values == {}
    assert merge([]).place(("mode",)) == "mode"


@given(LAYERS)
def test_merging_is_what_reading_from_the_highest_down_gives(layers):
    assert merge(layers).values == by_hand(layers)


@given(LAYERS)
def test_every_value_has_a_source_that_says_so(layers):
    merged = merge(layers)

    for name, value in merged.values.items():
        assert name in merged.source_of((name,)).values
        if name in DEEP and isinstance(value, dict):
            for key, content in value.items():
                assert merged.source_of((name, key)).values[name][key] == content


@pytest.mark.parametrize(
    ("prefix", "path", "text"),
    [
        (PLACE, ("workers", 0, "threads"), f"{PLACE}['workers'][0]['threads']"),
        (PLACE, ("recurring", "a'b", "schedule"), f"{PLACE}['recurring'][\"a'b\"]['schedule']"),
        (PLACE, (), PLACE),
        ("queue.yml", ("workers", 0, "threads"), "queue.yml: workers[0].threads"),
        ("queue.yml", ("recurring", "nightly-1", "schedule"), "queue.yml: recurring.nightly-1.schedule"),
        ("queue.yml", ("recurring", "a.b\n", "schedule"), "queue.yml: recurring['a.b\\n'].schedule"),
        ("", ("mode",), "mode"),
        ("schedule()", (), "schedule()"),
        ("", (7, "x"), "[7].x"),
    ],
)
def test_path_is_spelled_in_the_words_of_its_source(prefix, path, text):
    assert spell(prefix, path) == text
