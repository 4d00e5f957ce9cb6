"""Tests that would be in each other's way follow each other."""

import pytest
from django.conf import settings

from tests.streams import NO_SERVER, stream_of

SERVERS = [alias for alias in settings.TASKS if alias not in NO_SERVER]


@pytest.mark.parametrize("server", [alias for alias in SERVERS if alias != "pgbouncer"])
@pytest.mark.parametrize("parameters", ["{}", "{}-shutdown.release", "a worker's-claim from all-{}"])
def test_tests_of_one_server_are_in_its_stream(server, parameters):
    assert stream_of(f"tests/faults/test_rows.py::test_it[{parameters.format(server)}]") == server


@pytest.mark.parametrize(
    "name", ["test_it", "test_it[default]", "test_it[portable-mail*]", "test_it[postgresql]"]
)
def test_tests_without_a_server_are_in_the_stream_of_their_folder(name):
    assert stream_of(f"tests/faults/test_rows.py::{name}") == "tests/faults"


@pytest.mark.skipif("pgbouncer" not in SERVERS, reason="no PgBouncer in this run")
def test_a_pooler_is_in_the_stream_of_its_server():
    assert stream_of("tests/faults/test_rows.py::test_it[pgbouncer]") == "postgres18"
