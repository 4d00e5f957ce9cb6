"""Promoting scheduled jobs: by the database's clock, oldest first, each once."""

from datetime import timedelta

from dj_queue.contract import Status
from dj_queue.testing.conformance.bench import A_MINUTE, AN_HOUR, Bench


class TestPromote:
    """`Dialect.promote_due`."""

    def test_due_jobs_become_ready_and_others_wait(self, bench: Bench) -> None:
        due, soon = bench.due(-A_MINUTE, queue_name="mail"), bench.due(A_MINUTE)
        just_due = bench.due(timedelta(milliseconds=-5))
        promoted = bench.promote()
        assert (promoted.count, promoted.queues, promoted.concurrency_hashes) == (
            2,
            {"mail", "default"},
            frozenset(),
        )
        assert bench.statuses(due, just_due, soon) == [Status.READY, Status.READY, Status.SCHEDULED]
        assert bench.row(due).run_after == due.run_after

    def test_the_longest_due_go_first_up_to_the_limit(self, bench: Bench) -> None:
        late, later, latest = bench.due(-A_MINUTE), bench.due(-AN_HOUR), bench.due(-2 * AN_HOUR)
        assert bench.promote(limit=2).count == 2
        assert bench.statuses(latest, later, late) == [Status.READY, Status.READY, Status.SCHEDULED]
        assert bench.promote(limit=2).count == 1
        assert bench.promote(limit=2).count == 0

    def test_due_jobs_with_a_key_become_blocked(self, bench: Bench) -> None:
        keys = [bench.key("one"), bench.key("two")]
        jobs = [bench.due(-A_MINUTE, concurrency=key) for key in (*keys, keys[0])]
        promoted = bench.promote()
        assert (promoted.count, promoted.queues) == (3, frozenset())
        assert promoted.concurrency_hashes == {key.key_hash for key in keys}
        assert bench.statuses(*jobs) == [Status.BLOCKED] * 3
        assert set(bench.rows.values_list("slot_until", flat=True)) == {None}

    def test_other_backend_aliases_and_other_statuses_are_left_alone(self, bench: Bench) -> None:
        past = bench.dialect.now() - AN_HOUR
        bench.ready(status=Status.SCHEDULED, run_after=past, backend_alias="another")
        others = [bench.ready(status=status, run_after=past) for status in Status]
        assert bench.promote().count == 1
        assert bench.statuses(*others) == [
            Status.READY if status is Status.SCHEDULED else status for status in Status
        ]

    def test_promoters_at_once_promote_each_job_once(self, bench: Bench) -> None:
        past = bench.dialect.now() - A_MINUTE
        bench.insert(*(bench.new(status=Status.SCHEDULED, run_after=past) for _ in range(100)))

        def promote_all() -> int:
            count = 0
            while bench.rows.filter(status=Status.SCHEDULED).exists():
                count += bench.again(lambda: bench.promote(limit=9)).count
            return count

        assert sum(bench.in_threads(promote_all, promote_all, promote_all)) == 100
        assert bench.rows.filter(status=Status.READY).count() == 100
