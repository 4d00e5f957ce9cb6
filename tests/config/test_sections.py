"""Which options there are at each level, and what is said of a name that is none."""

import pytest

from dj_queue.config.options import DispatcherOptions, Options, SchedulerOptions, WorkerOptions
from tests.config.layers import PLACE, in_settings, problems, read


def at(path, **values):
    """Options with `values` at a section: `workers`, `recurring` or the top."""
    if path == "top":
        return in_settings(**values)
    if path in ("workers", "dispatchers"):
        return in_settings(**{path: [values]})
    if path == "recurring":
        entry = {"task_path": "shop.tasks.clean", "schedule": "@daily", **values}
        return in_settings(recurring={"nightly": entry})
    return in_settings(**{path: values})


PLACES = {
    "top": PLACE,
    "workers": f"{PLACE}['workers'][0]",
    "dispatchers": f"{PLACE}['dispatchers'][0]",
    "scheduler": f"{PLACE}['scheduler']",
    "recurring": f"{PLACE}['recurring']['nightly']",
}
MISSPELT = {
    "top": ("worker", "workers"),
    "workers": ("thread", "threads"),
    "dispatchers": ("batchsize", "batch_size"),
    "scheduler": ("poll_interval", "polling_interval"),
    "recurring": ("queue", "queue_name"),
}


@pytest.mark.parametrize("section", PLACES)
def test_unknown_option_is_refused_with_the_nearest_name(section):
    wrong, right = MISSPELT[section]

    [problem] = problems(at(section, **{wrong: 1}))

    assert problem == f"{PLACES[section]}['{wrong}']: there is no such option; did you mean '{right}'?"


@pytest.mark.parametrize("section", PLACES)
def test_unknown_option_like_no_other_is_refused_with_all_there_are(section):
    [problem] = problems(at(section, zzz=1))

    assert problem.startswith(f"{PLACES[section]}['zzz']: there is no such option; there are ")
    assert MISSPELT[section][1] in problem


def test_option_whose_name_is_no_text_is_refused():
    [problem] = problems(in_settings(workers=[{3: 1}]))

    assert problem.startswith(f"{PLACE}['workers'][0][3]: there is no such option")


@pytest.mark.parametrize("section", ["workers", "dispatchers"])
def test_actors_are_a_list_of_mappings(section):
    assert problems(in_settings(**{section: {"threads": 1}})) == [
        f"{PLACE}['{section}']: {{'threads': 1}} is not a list of mappings"
    ]
    assert problems(in_settings(**{section: [{}, 4]})) == [
        f"{PLACE}['{section}'][1]: 4 is not a mapping of options"
    ]


@pytest.mark.parametrize("section", ["scheduler", "recurring"])
def test_other_sections_are_mappings(section):
    [problem] = problems(in_settings(**{section: None}))

    assert problem.startswith(f"{PLACE}['{section}']: None is not a mapping")


@pytest.mark.parametrize(
    ("section", "make", "field"),
    [
        ("workers", WorkerOptions, "workers"),
        ("dispatchers", DispatcherOptions, "dispatchers"),
    ],
)
def test_empty_entry_is_one_with_every_default_and_no_entry_is_none(section, make, field):
    assert getattr(read(in_settings(**{section: [{}]})), field) == (make(),)
    assert getattr(read(in_settings(**{section: []})), field) == ()


def test_empty_scheduler_is_the_default():
    assert read(in_settings(scheduler={})).scheduler == SchedulerOptions()


@pytest.mark.parametrize(
    ("given", "blamed"),
    [
        ({"process_heartbeat_interval": 30}, "process_heartbeat_interval"),
        ({"process_alive_threshold": 20}, "process_alive_threshold"),
        ({"process_heartbeat_interval": 5, "process_alive_threshold": 14}, "process_alive_threshold"),
        ({"process_heartbeat_interval": 60, "process_alive_threshold": 60}, "process_alive_threshold"),
    ],
)
def test_threshold_below_three_heartbeats_is_refused_where_it_was_written(given, blamed):
    interval = given.get("process_heartbeat_interval", Options().process_heartbeat_interval)

    [problem] = problems(in_settings(**given))

    assert problem.startswith(f"{PLACE}['{blamed}']: a process_alive_threshold of ")
    assert problem.endswith(f"for a heartbeat every {interval:g} s; use at least {3 * interval:g}")


def test_threshold_of_three_heartbeats_is_allowed():
    assert problems(in_settings(process_heartbeat_interval=5, process_alive_threshold=15)) == []
