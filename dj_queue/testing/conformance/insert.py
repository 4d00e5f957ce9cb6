"""Inserting jobs: all or none, as given, in the caller's transaction."""

from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connections, transaction
from django.test.utils import CaptureQueriesContext

from dj_queue.contract import Status
from dj_queue.testing.conformance.bench import Bench, ids

LONGEST_QUEUE = "é" * 127 + "😀"
LONGEST_PATH = "m." * 100 + "t" * 55
LONGEST_KEY = "ключ" * 2500


class TestInsert:
    """`Dialect.insert_jobs`."""

    def test_one_job_is_stored_as_given(self, bench: Bench) -> None:
        job = bench.ready(
            queue_name=LONGEST_QUEUE,
            priority=-100,
            task_path=LONGEST_PATH,
            args_json='[1,"a"]',
            kwargs_json='{"b":[]}',
            on_crash="fail",
        )
        row = bench.row(job)
        assert (row.queue_name, row.priority, row.task_path) == (LONGEST_QUEUE, -100, LONGEST_PATH)
        assert (row.args, row.kwargs, row.on_crash) == ([1, "a"], {"b": []}, "fail")
        assert (row.status, row.attempts, row.lost) == (Status.READY, 0, 0)
        assert row.enqueued_at == job.enqueued_at
        assert (row.run_after, row.claimed_at, row.started_at, row.finished_at) == (None, None, None, None)
        assert (row.process_id, row.return_value, row.errors, row.concurrency_hash) == (
            None,
            None,
            None,
            None,
        )

    @pytest.mark.parametrize(
        "moment",
        [
            datetime(1000, 1, 2, tzinfo=UTC),
            datetime(2038, 1, 19, 3, 14, 8, 999999, tzinfo=UTC),
            datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
        ],
        ids=str,
    )
    def test_moments_are_stored_to_the_microsecond(self, bench: Bench, moment: datetime) -> None:
        job = bench.ready(status=Status.SCHEDULED, run_after=moment)
        assert bench.row(job).run_after == moment

    def test_a_concurrency_key_is_stored_with_its_job(self, bench: Bench) -> None:
        key = bench.key(LONGEST_KEY, limit=2**31 - 1, duration=0.5, on_conflict="discard")
        row = bench.row(bench.blocked(key))
        assert (row.status, row.concurrency_key, row.concurrency_hash) == (
            Status.BLOCKED,
            LONGEST_KEY,
            key.key_hash,
        )
        assert (row.concurrency_limit, row.concurrency_duration, row.on_conflict) == (
            2**31 - 1,
            0.5,
            "discard",
        )
        assert row.slot_until is None

    def test_many_jobs_of_every_kind_are_stored_at_once(self, bench: Bench) -> None:
        due = datetime(2030, 1, 1, tzinfo=UTC)
        plain = [bench.new(args_json=f"[{number}]") for number in range(1001)]
        scheduled = bench.new(status=Status.SCHEDULED, run_after=due)
        blocked = bench.new(status=Status.BLOCKED, concurrency=bench.key("one"))
        bench.insert(*plain, scheduled, blocked)
        assert [row.args for row in bench.rows.filter(status=Status.READY).order_by("id")] == [
            [number] for number in range(1001)
        ]
        assert bench.row(scheduled).run_after == due
        assert bench.row(blocked).concurrency_key == "one"

    def test_one_job_takes_one_statement(self, bench: Bench) -> None:
        job = bench.new()
        with CaptureQueriesContext(connections[bench.services.database.alias]) as captured:
            bench.insert(job)
        assert len(captured) <= 1
        assert bench.statuses(job) == [Status.READY]

    def test_of_a_batch_with_one_bad_job_nothing_is_stored(self, bench: Bench) -> None:
        known = bench.ready()
        with pytest.raises(IntegrityError):
            bench.insert(bench.new(), bench.new(id=known.id), bench.new())
        assert list(bench.rows.values_list("id", flat=True)) == [known.id]

    def test_jobs_belong_to_the_callers_transaction(self, bench: Bench) -> None:
        alias = bench.services.database.alias
        with transaction.atomic(using=alias):
            bench.insert(bench.new())
            bench.insert(bench.new(), bench.new())
            transaction.set_rollback(True, using=alias)
        assert not bench.rows.exists()

    def test_a_savepoint_rolled_back_takes_its_jobs_along(self, bench: Bench) -> None:
        alias = bench.services.database.alias
        kept = [bench.new(), bench.new()]
        with transaction.atomic(using=alias):
            bench.insert(kept[0])
            with transaction.atomic(using=alias):
                bench.insert(bench.new())
                transaction.set_rollback(True, using=alias)
            bench.insert(kept[1])
        assert list(bench.rows.order_by("id").values_list("id", flat=True)) == ids(kept)
