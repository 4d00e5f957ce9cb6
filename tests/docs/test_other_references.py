"""Exceptions, environment variables, checks, loggers, events, models and statuses: each reference has all, and no other."""

import inspect
import re

import pytest
from django.apps import apps

from dj_queue import exceptions, models
from dj_queue.contract import Status, events
from tests.docs import pages

ERRORS = {name: each for name, each in vars(exceptions).items() if inspect.isclass(each)}
ERRORS = {name: each for name, each in ERRORS.items() if each.__module__ == exceptions.__name__}
PACKAGES = ("dj_queue", "dj_queue_postgres", "dj_queue_mysql", "dj_queue_sqlite")
SOURCES = [path.read_text() for package in PACKAGES for path in (pages.ROOT / package).rglob("*.py")]
TABLES = pages.sections(pages.reference("models"), level=3)


def in_the_code(pattern):
    return {found for text in SOURCES for found in re.findall(pattern, text)}


def first_column(text):
    return {pages.plain(row[0]) for row in pages.rows(text)}


def test_exceptions_are_all_there_with_their_bases_and_their_own_words():
    written = {
        pages.plain(name): (bases, meaning)
        for name, bases, meaning in pages.rows(pages.reference("exceptions"))
    }

    assert written == {
        name: (
            ", ".join(f"`{base.__name__}`" for base in error.__bases__),
            inspect.getdoc(error),
        )
        for name, error in ERRORS.items()
    }


def test_environment_variables_are_those_that_the_code_reads():
    read = in_the_code(r'"(DJ_QUEUE_[A-Z_]+)"') - {"DJ_QUEUE_CONTRACT"}

    assert first_column(pages.reference("environment")) == read


def test_checks_are_those_that_the_code_makes_with_their_levels():
    written = {pages.plain(row[0]): row[1] for row in pages.rows(pages.reference("checks"))}

    assert set(written) == in_the_code(r'"(dj_queue\w*\.[EW]\d{3})"')
    for name, level in written.items():
        assert level == ("error" if ".E" in name else "warning")


def test_loggers_are_those_that_the_code_has():
    text = pages.sections(pages.reference("observability"))["Logs"]

    assert first_column(text) == in_the_code(r'getLogger\("(dj_queue[\w.]*)"\)')


def test_events_are_those_of_the_contract():
    text = pages.sections(pages.reference("observability"))["Events"]

    assert first_column(text) == events.EVENT_NAMES


def test_metrics_are_those_of_the_core():
    text = pages.sections(pages.reference("observability"))["Metrics"]

    assert first_column(text) == in_the_code(r'Sample\(\s*"(\w+)"')


def test_statuses_are_those_of_a_job():
    text = pages.sections(pages.reference("models"))["Statuses"]

    assert first_column(text) == {status.value for status in Status}


def test_the_picture_shows_every_status_that_a_job_can_get():
    picture = (pages.DOCS / "explanation" / "pictures" / "life-of-a-job.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<rect class="box .*?<text [^>]*>(\w+)<', picture, flags=re.DOTALL)) - {"enqueue"}

    assert drawn <= {status.value for status in Status}
    assert {status.value for status in Status} - drawn <= {"cancelled"}


def test_models_are_all_there():
    real = {model.__name__ for model in apps.get_app_config("dj_queue").get_models() if not model._meta.proxy}

    assert {heading.partition(":")[0] for heading in TABLES} == real


@pytest.mark.parametrize("heading", TABLES)
def test_columns_are_those_of_the_model(heading):
    name, _, table = heading.partition(": ")
    model = getattr(models, name)
    permissions = [codename for codename, _label in model._meta.permissions]

    assert pages.plain(table) == model._meta.db_table
    assert [pages.plain(row[0]) for row in pages.rows(TABLES[heading])] == [
        field.column for field in model._meta.fields
    ]
    for codename in permissions:
        assert f"`dj_queue.{codename}`" in TABLES[heading]
