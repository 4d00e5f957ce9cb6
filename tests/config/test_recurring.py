"""Recurring tasks, static or made at run time: every entry that could never fire as meant is refused."""

import pytest

from dj_queue.config.options import RecurringOptions
from dj_queue.config.recurring import parse_recurring
from dj_queue.cron import CronSchedule
from dj_queue.exceptions import ConfigurationError
from tests.config.layers import PLACE, in_settings, problems, read

SOUND = {"task_path": "shop.tasks.clean", "schedule": "0 3 * * *"}
HERE = f"{PLACE}['recurring']['nightly']"


def refused(**changes):
    """What is said of a sound entry with these changes."""
    return problems(in_settings(recurring={"nightly": {**SOUND, **changes}}))


def only(**changes):
    [task] = read(in_settings(recurring={"nightly": {**SOUND, **changes}})).recurring
    return task


def test_entry_with_a_path_and_a_schedule_has_every_default():
    assert only() == RecurringOptions("nightly", "shop.tasks.clean", CronSchedule("0 3 * * *"))
    assert (only().queue_name, only().priority, only().catch_up) == ("default", 0, "last")


def test_entries_keep_their_keys_and_order():
    tasks = read(in_settings(recurring={"b": SOUND, "a": SOUND})).recurring

    assert [task.key for task in tasks] == ["b", "a"]


@pytest.mark.parametrize("name", ["task_path", "schedule"])
def test_missing_field_is_named(name):
    entry = {key: value for key, value in SOUND.items() if key != name}

    assert problems(in_settings(recurring={"nightly": entry})) == [f"{HERE}['{name}']: it is missing"]


def test_every_problem_of_every_entry_is_told():
    entries = {"a": {"schedule": "never"}, "b": {**SOUND, "priority": 101, "catch_up": "some"}, "c": SOUND}

    assert [problem.partition(": ")[0] for problem in problems(in_settings(recurring=entries))] == [
        f"{PLACE}['recurring']['a']['task_path']",
        f"{PLACE}['recurring']['a']['schedule']",
        f"{PLACE}['recurring']['b']['priority']",
        f"{PLACE}['recurring']['b']['catch_up']",
    ]


@pytest.mark.fault(34)
@pytest.mark.parametrize(
    ("schedule", "words"),
    [
        ("", "write five fields such as '0 3 * * *'"),
        ("every day", "write five fields such as '0 3 * * *'"),
        ("* * * *", "write five fields such as '0 3 * * *'"),
        ("* * * * * * *", "write five fields such as '0 3 * * *'"),
        ("R * * * *", "in the minute field"),
        ("H * * * *", "in the minute field"),
        ("*/0 * * * *", "in the minute field"),
        ("60 * * * *", "in the minute field"),
        ("0 0 30 2 *", "it has no fire time within 5 years"),
        ("0 0 3\0 * * *", "it has control or non-ASCII characters"),
        ("0 " * 5000, "a cron expression of 10000 characters is refused; use at most 255"),
        (
            "0 3 * * * Mars/Olympus",
            "'Mars/Olympus' is no known time zone; use an IANA name such as 'Europe/Berlin'",
        ),
    ],
)
def test_schedule_that_cannot_work_is_refused_with_one_message(schedule, words):
    [problem] = refused(schedule=schedule)

    assert problem.startswith(f"{HERE}['schedule']: ")
    assert words in problem
    assert len(problem) < 1000


def test_six_fields_are_seconds_first():
    assert only(schedule="30 0 3 * * *").schedule.expression == "30 0 3 * * *"


def test_zone_of_an_entry_is_that_of_its_schedule_unless_the_schedule_names_one():
    assert only(time_zone="Asia/Tokyo").schedule.time_zone == "Asia/Tokyo"
    assert only(time_zone="Asia/Tokyo", schedule="@daily UTC").schedule.time_zone == "UTC"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "x" * 1000])
def test_unknown_zone_is_refused(zone):
    [problem] = refused(time_zone=zone)

    assert "is no known time zone" in problem


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"args": "abc"}, "['args']", "'abc' is not a list of arguments"),
        ({"args": [1, {2}]}, "['args']", "args[1]: set is not JSON"),
        ({"args": [float("nan")]}, "['args']", "args[0]: nan is not JSON"),
        ({"kwargs": [1]}, "['kwargs']", "[1] is not a mapping"),
        ({"kwargs": {1: 2}}, "['kwargs']", "the key 1 is not a string"),
        (
            {"kwargs": {"a": ["x", "\0"]}},
            "['kwargs']",
            "kwargs['a'][1]: a NUL character is not stored everywhere",
        ),
        ({"queue_name": "a*"}, "['queue_name']", "has a '*', which is for selectors"),
        ({"queue_name": "x" * 129}, "['queue_name']", "has 129 characters; 128 are allowed"),
        ({"queue_name": "mail "}, "['queue_name']", "begins or ends with white space"),
        ({"priority": 101}, "['priority']", "101 is not allowed; use a whole number from -100 to 100"),
        ({"priority": 1.5}, "['priority']", "1.5 is not a whole number"),
        ({"description": None}, "['description']", "None is not a string"),
        ({"description": "a\0"}, "['description']", "has NUL or half characters"),
        ({"description": "a\ud800"}, "['description']", "has NUL or half characters"),
        ({"catch_up": "first"}, "['catch_up']", "use one of 'none', 'last', 'all'"),
        ({"task_path": "rm -rf"}, "['task_path']", "is not the dotted path of a task"),
    ],
)
def test_value_that_no_job_could_have_is_refused_in_its_place(changes, place, words):
    [problem] = refused(**changes)

    assert problem.startswith(f"{HERE}{place}: ")
    assert words in problem


def test_arguments_are_kept_as_they_come_back_from_json():
    assert only(args=(1, (2, "x")), kwargs={"a": (1,)}).args == (1, [2, "x"])
    assert only(kwargs={"a": (1,)}).kwargs == {"a": [1]}


def test_arguments_larger_than_a_job_may_have_are_refused():
    options = {"max_payload_bytes": 100, "recurring": {"nightly": {**SOUND, "args": ["x" * 100]}}}

    [problem] = problems(in_settings(**options))

    assert problem.startswith(f"{HERE}['args']: args: more than 100 bytes of JSON")
    assert refused(args=["x" * 100]) == []


@pytest.mark.parametrize("key", ["", "x" * 256, "a\0b", "\ud800", 7, None])
def test_key_that_no_database_could_keep_is_refused(key):
    [problem] = problems(in_settings(recurring={key: SOUND}))

    assert problem == f"{PLACE}['recurring'][{key!r}]: the key {key!r} is not a text of 1 to 255 characters"


def test_entry_that_is_no_mapping_is_refused_once():
    assert problems(in_settings(recurring={"nightly": "@daily"})) == [
        f"{HERE}: '@daily' is not a mapping of options"
    ]


def test_task_made_at_run_time_is_read_by_the_same_rules():
    assert parse_recurring("nightly", SOUND, "schedule()") == only()

    with pytest.raises(ConfigurationError) as raised:
        parse_recurring("", {**SOUND, "schedule": "R * * * *", "zzz": 1}, "schedule()")

    key, unknown, schedule = raised.value.problems
    assert key == "schedule(): the key '' is not a text of 1 to 255 characters"
    assert unknown.startswith("schedule(): zzz: there is no such option")
    assert schedule.startswith("schedule(): schedule: the cron expression 'R * * * *' is refused")
