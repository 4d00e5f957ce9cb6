"""`manage.py check`: every problem of the configuration at once, each with its place."""

import pytest
from django.conf import settings
from django.core import checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from dj_queue.checks import check_backend

BACKEND = "dj_queue.backend.DjQueueBackend"


def told(alias):
    return [(message.id, message.msg) for message in check_backend(alias)]


def configured(options, **entry):
    """TASKS whose default entry has these options."""
    return override_settings(TASKS={"default": {"BACKEND": BACKEND, "OPTIONS": options, **entry}})


def test_the_test_project_is_in_order(backend_alias):
    messages = check_backend(backend_alias)
    assert [message for message in messages if message.level >= checks.ERROR] == []


def test_checking_asks_no_database(backend_alias, services):
    with CaptureQueriesContext(connections[services.database.alias]) as queries:
        check_backend(backend_alias)
    assert len(queries) == 0


def test_every_problem_is_named_at_once_with_its_place():
    options = {
        "mode": "threads",
        "workers": [{"threads": 0}, {"quues": "email"}],
        "dispatchers": [{"batch_size": "many"}],
        "process_heartbeat_interval": -1,
        "recurring": {"report": {"task_path": "nodots", "schedule": "0 0 30 2 *"}},
        "colour": "red",
    }
    with configured(options):
        messages = told("default")
    places = [text.split(": ")[0] for _id, text in messages]
    prefix = "TASKS['default']['OPTIONS']"
    assert sorted(places) == sorted(
        f"{prefix}{place}"
        for place in (
            "['mode']",
            "['workers'][0]['threads']",
            "['workers'][1]['quues']",
            "['dispatchers'][0]['batch_size']",
            "['process_heartbeat_interval']",
            "['recurring']['report']['task_path']",
            "['recurring']['report']['schedule']",
            "['colour']",
        )
    )
    assert {message_id for message_id, _text in messages} == {"dj_queue.E001"}


def test_manage_check_fails_with_them_for_every_backend():
    tasks = {
        "default": {"BACKEND": BACKEND, "OPTIONS": {"mode": "threads"}},
        "reports": {"BACKEND": BACKEND, "OPTIONS": {"workers": 3}},
    }
    with override_settings(TASKS=tasks), pytest.raises(SystemCheckError) as refused:
        call_command("check")
    assert "TASKS['default']['OPTIONS']['mode']" in str(refused.value)
    assert "TASKS['reports']['OPTIONS']['workers']" in str(refused.value)


def test_a_database_that_there_is_not_is_an_error():
    with configured({"database_alias": "nosuch"}):
        ((message_id, text),) = told("default")
    assert message_id == "dj_queue.E001"
    assert text.startswith("TASKS['default']['OPTIONS']['database_alias']: DATABASES has no 'nosuch'")


def test_a_plugin_that_cannot_be_loaded_is_an_error():
    with configured({"plugins": ["no.such.plugin"]}):
        ((message_id, text),) = told("default")
    assert message_id == "dj_queue.E002"
    assert "no.such.plugin" in text


@pytest.mark.parametrize(
    ("queues", "place"),
    [
        (["default", "email*"], "['QUEUES'][1]"),
        (["default", " x"], "['QUEUES'][1]"),
        (["default", 5], "['QUEUES'][1]"),
        (["x" * 129], "['QUEUES'][0]"),
    ],
    ids=str,
)
def test_queues_that_no_job_can_name_are_errors(queues, place):
    with configured({}, QUEUES=queues):
        found = [text for message_id, text in told("default") if message_id == "dj_queue.E003"]
    assert len(found) == 1
    assert found[0].startswith(f"TASKS['default']{place}: ")


def test_queues_in_one_string_are_an_error():
    with configured({}, QUEUES="default"):
        assert (
            "dj_queue.E003",
            "TASKS['default']['QUEUES']: 'default' is not a list of queue names",
        ) in told("default")


def test_queues_and_options_are_checked_together():
    with configured({"mode": "threads"}, QUEUES=["*"]):
        assert sorted(message_id for message_id, _text in told("default")) == [
            "dj_queue.E001",
            "dj_queue.E003",
        ]


def test_a_recurring_task_that_there_is_not_is_a_warning():
    entry = {"task_path": "tests.project.tasks.removed", "schedule": "0 3 * * *"}
    with configured({"recurring": {"report": entry}}):
        found = [text for message_id, text in told("default") if message_id == "dj_queue.W002"]
    assert len(found) == 1
    assert found[0].startswith("TASKS['default']['OPTIONS']['recurring']['report']['task_path']: ")


def test_a_database_without_its_plugin_is_a_warning_with_what_to_install():
    messages = {message.id: message for message in check_backend("portable")}
    warning = messages["dj_queue.W001"]
    assert warning.level == checks.WARNING
    assert warning.msg.endswith("not its own: slower, and under load it may run into locks")
    assert warning.hint == 'pip install "dj-queue[sqlite]"'


def test_other_backends_have_their_own_checks():
    dummy = {"BACKEND": "django.tasks.backends.dummy.DummyBackend"}
    with override_settings(TASKS={"default": dummy, "queue": settings.TASKS["default"]}):
        call_command("check")
