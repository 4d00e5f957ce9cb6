"""Polling queries stay out of Django's SQL log; all others are in it."""

import logging

import pytest
from django.db import connections

from dj_queue.operations.queues import size
from dj_queue.runtime.quiet_polling import SQL_LOGGER, quiet_polling


@pytest.fixture
def sql_log(services, caplog):
    connection = connections[services.database.alias]
    connection.force_debug_cursor = True
    with caplog.at_level(logging.DEBUG, SQL_LOGGER.name):
        yield caplog
    connection.force_debug_cursor = False


def test_polling_is_not_logged(services, sql_log):
    with quiet_polling():
        size(services, "default")
    assert sql_log.records == []


def test_what_is_asked_before_and_after_is_logged(services, sql_log):
    size(services, "before")
    with quiet_polling():
        size(services, "during")
    size(services, "after")
    logged = " ".join(record.getMessage() for record in sql_log.records)
    assert "before" in logged
    assert "during" not in logged
    assert "after" in logged
