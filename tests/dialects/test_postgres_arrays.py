"""Arrays as texts hold what psycopg's own hold."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytest.importorskip("psycopg")

from dj_queue_postgres.arrays import array, array_of_texts
from dj_queue_postgres.connection import cursor
from tests.runtime.where import only_on

pytestmark = only_on("postgres")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
OF_A_TEST = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def read(services):
    """`read(text, kind)` is what the server takes the text for."""

    def ask(text, kind):
        with cursor(services.database.alias) as raw:
            return raw.execute(f"SELECT %s::{kind}[]", [text]).fetchone()[0]

    yield ask
    connections[services.database.alias].close()


@OF_A_TEST
@given(texts=st.lists(st.none() | TEXTS))
def test_texts_come_back_as_they_are(read, texts):
    assert read(array_of_texts(texts), "text") == texts


@OF_A_TEST
@given(texts=st.lists(st.sampled_from(["NULL", "null", "", " ", "{}", '"', "\\", ",", "{a,b}", '\\"'])))
def test_what_an_array_is_written_with_is_text_inside_of_it(read, texts):
    assert read(array_of_texts(texts), "text") == texts


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [UUID(int=0), None, UUID(int=2**128 - 1)]),
        ("int", [0, -1, None, 2**31 - 1]),
        ("float8", [0.1, None, 1e-9, 12345678.875]),
        (
            "timestamptz",
            [datetime(2026, 2, 28, 23, 59, 59, 999999, UTC), None, datetime(2026, 3, 1, tzinfo=UTC)],
        ),
        ("text", ["ready", None]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_values_without_quotes_come_back_as_they_are(read, kind, values):
    assert read(array(values), kind) == values
