"""What a dialect knows of its database: the time, what to advise, what to tune."""

from datetime import UTC, datetime, timedelta

from django.db import connections, transaction

from dj_queue.contract import CheckMessage, ClaimStrategy, Dialect
from dj_queue.testing.conformance.bench import Bench, ids

SAME_HOUR = timedelta(minutes=10)
"""Hosts may be minutes apart; time zones are at least a quarter of an hour."""


class TestDatabase:
    """The rest of `Dialect`."""

    def test_the_services_have_a_dialect_and_a_claim_strategy_with_names(self, bench: Bench) -> None:
        strategy: ClaimStrategy = bench.services.claim
        assert isinstance(bench.dialect, Dialect)
        assert bench.dialect.name
        assert strategy.name
        assert bench.dialect.database.alias == bench.services.database.alias

    def test_now_is_utc_and_near_this_hosts_clock(self, bench: Bench) -> None:
        now = bench.dialect.now()
        assert now.utcoffset() == timedelta()
        assert abs(now - datetime.now(UTC)) < SAME_HOUR

    def test_now_never_goes_back_and_moves_on_inside_a_transaction(self, bench: Bench) -> None:
        with transaction.atomic(using=bench.services.database.alias):
            first = bench.dialect.now()
            moments = [bench.dialect.now()]
            while moments[-1] <= first:
                moments.append(bench.dialect.now())
        assert moments == sorted(moments)

    def test_tuning_the_schema_again_changes_nothing(self, bench: Bench) -> None:
        connection = connections[bench.services.database.alias]
        table = bench.rows.model._meta.db_table

        def constraints() -> set[str]:
            with connection.cursor() as cursor:
                return set(connection.introspection.get_constraints(cursor, table))

        before = constraints()
        for _ in range(2):
            with connection.schema_editor() as schema_editor:
                bench.dialect.tune_schema(schema_editor)
        assert constraints() == before
        job = bench.ready()
        assert ids(bench.claim()) == [job.id]

    def test_preparing_again_does_no_harm(self, bench: Bench) -> None:
        bench.dialect.prepare()
        bench.dialect.prepare()
        job = bench.ready()
        assert ids(bench.claim()) == [job.id]

    def test_advice_is_made_of_check_messages(self, bench: Bench) -> None:
        for message in bench.dialect.startup_messages():
            assert isinstance(message, CheckMessage)
            assert message.level in ("warning", "error")
            assert message.text
