"""The start: what the queue says of its database before anything runs."""

import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dj_queue.contract import CheckMessage
from dj_queue.runtime.boot import Standby, wait_until_ready
from dj_queue.services import services_for

LOCKED = "transactions wait for each other"
HINT = "Begin them early."


@pytest.mark.parametrize(
    ("text", "hint", "line"),
    [
        (LOCKED, HINT, f"{LOCKED}. {HINT}"),
        (f"{LOCKED}.", HINT, f"{LOCKED}. {HINT}"),
        (LOCKED, "", f"{LOCKED}."),
    ],
)
def test_advice_about_the_database_is_logged_in_sentences(caplog, text, hint, line):
    messages = [CheckMessage("warning", text, hint), CheckMessage("error", text, hint)]
    services = replace(services_for("default"), dialect=SimpleNamespace(startup_messages=lambda: messages))
    with Standby(lambda: None) as standby:
        wait_until_ready(services, 60, standby)
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, line),
        (logging.ERROR, line),
    ]
