"""Finishing: what each kind of outcome makes of its row."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from dj_queue.contract import Outcome, OutcomeKind, Started, Status
from dj_queue.testing.conformance.bench import Bench, release, success

BEGAN = datetime(2020, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
ENDED = datetime(2020, 1, 1, 12, 0, 1, 654321, tzinfo=UTC)
A_MILLISECOND = timedelta(milliseconds=1)
ENTRY = [{"attempt": 1, "worker": "w", "class": "builtins.ValueError", "traceback": "é \\x00 😀"}]


class TestFinish:
    """`Dialect.finish`, `Dialect.drop` and `Dialect.mark_started` for claims that stand."""

    def test_a_value_makes_the_job_successful(self, bench: Bench) -> None:
        job = bench.claimed()
        assert bench.finish(success(job, '{"sum":3}', started_at=BEGAN, ended_at=ENDED)) == {job.id}
        row = bench.row(job)
        assert (row.status, row.return_value, row.errors) == (Status.SUCCESSFUL, {"sum": 3}, None)
        assert (row.started_at, row.last_attempted_at, row.finished_at) == (BEGAN, BEGAN, ENDED)
        assert (row.attempts, row.process_id) == (1, job.process_id)

    @pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.DISCARDED])
    @pytest.mark.parametrize("kind", [OutcomeKind.ERROR, OutcomeKind.LOST])
    def test_an_error_that_ends_the_job_is_kept_with_it(
        self, bench: Bench, kind: OutcomeKind, status: Status
    ) -> None:
        job = bench.claimed()
        bench.finish(
            success(
                job,
                kind=kind,
                status=status,
                value_json=None,
                errors_json=json.dumps(ENTRY),
                lost=2,
                started_at=BEGAN,
                ended_at=ENDED,
            )
        )
        row = bench.row(job)
        assert (row.status, row.errors, row.lost, row.return_value) == (status, ENTRY, 2, None)
        assert (row.started_at, row.finished_at, row.process_id) == (BEGAN, ENDED, job.process_id)

    def test_an_end_without_a_time_ends_now_by_the_database(self, bench: Bench) -> None:
        job = bench.claimed()
        before = bench.dialect.now()
        bench.finish(success(job, started_at=None, ended_at=None))
        row = bench.row(job)
        assert row.finished_at is not None
        assert before - A_MILLISECOND <= row.finished_at <= bench.dialect.now() + A_MILLISECOND
        assert (row.started_at, row.last_attempted_at) == (None, None)

    @pytest.mark.parametrize("delay", [0.0, 0.25, 3600.0])
    def test_a_retry_is_scheduled_by_the_databases_clock(self, bench: Bench, delay: float) -> None:
        job = bench.claimed()
        before = bench.dialect.now()
        bench.finish(
            success(
                job,
                value_json=None,
                kind=OutcomeKind.RETRY,
                status=Status.SCHEDULED,
                errors_json=json.dumps(ENTRY),
                retry_delay=delay,
                started_at=BEGAN,
            )
        )
        after = bench.dialect.now()
        row = bench.row(job)
        assert row.run_after is not None
        wait = timedelta(seconds=delay)
        assert before + wait - A_MILLISECOND <= row.run_after <= after + wait + A_MILLISECOND
        assert (row.status, row.attempts, row.errors) == (Status.SCHEDULED, 1, ENTRY)
        assert (row.process_id, row.claimed_at, row.finished_at) == (None, None, None)
        assert (row.started_at, row.last_attempted_at) == (BEGAN, BEGAN)

    def test_a_release_of_what_never_started_is_not_counted(self, bench: Bench) -> None:
        job = bench.claimed()
        assert bench.finish(release(job)) == {job.id}
        row = bench.row(job)
        assert (row.status, row.attempts, row.process_id, row.claimed_at) == (Status.READY, 0, None, None)
        assert (row.started_at, row.last_attempted_at, row.errors, row.finished_at) == (
            None,
            None,
            None,
            None,
        )

    def test_a_release_of_what_had_started_is_counted(self, bench: Bench) -> None:
        job = bench.claimed()
        bench.finish(release(job, started_at=BEGAN, errors_json=json.dumps(ENTRY)))
        row = bench.row(job)
        assert (row.status, row.attempts, row.errors) == (Status.READY, 1, ENTRY)
        assert (row.started_at, row.last_attempted_at) == (BEGAN, BEGAN)

    def test_a_lost_attempt_makes_the_job_ready_again_and_is_counted(self, bench: Bench) -> None:
        job = bench.claimed()
        bench.finish(release(job, kind=OutcomeKind.LOST, started_at=BEGAN, lost=1, errors_json="[]"))
        row = bench.row(job)
        assert (row.status, row.attempts, row.lost, row.errors) == (Status.READY, 1, 1, [])

    def test_the_first_start_and_the_due_time_outlive_later_attempts(self, bench: Bench) -> None:
        due = datetime(2019, 1, 1, tzinfo=UTC)
        first = bench.claimed(run_after=due)
        bench.finish(release(first, started_at=BEGAN))
        (second,) = bench.claim()
        bench.finish(success(second, started_at=ENDED, ended_at=ENDED))
        row = bench.row(second)
        assert (row.started_at, row.last_attempted_at, row.run_after) == (BEGAN, ENDED, due)

    def test_errors_stay_where_an_outcome_brings_none(self, bench: Bench) -> None:
        first = bench.claimed()
        bench.finish(release(first, started_at=BEGAN, errors_json=json.dumps(ENTRY), lost=1))
        (second,) = bench.claim()
        bench.finish(success(second, lost=second.lost))
        row = bench.row(second)
        assert (row.errors, row.lost) == (ENTRY, 1)

    def test_a_slot_runs_out_with_its_job_given_back_and_is_gone_with_its_end(self, bench: Bench) -> None:
        key = bench.key("one", limit=2)
        bench.insert(*(bench.new(status=Status.BLOCKED, concurrency=key) for _ in range(2)))
        bench.admit(key)
        first, second = bench.claim()
        until = bench.row(first).slot_until
        bench.finish(release(first), success(second))
        assert until is not None
        assert (bench.row(first).slot_until, bench.row(second).slot_until) == (until, None)

    def test_outcomes_of_every_kind_are_written_in_one_group(self, bench: Bench) -> None:
        jobs = [bench.claimed() for _ in range(4)]
        retry = Outcome(
            jobs[2].id, 1, jobs[2].process_id, OutcomeKind.RETRY, Status.SCHEDULED, BEGAN, retry_delay=9.0
        )
        failure = success(jobs[1], value_json=None, kind=OutcomeKind.ERROR, status=Status.FAILED)
        written = bench.finish(success(jobs[0], "1"), failure, retry, release(jobs[3]))
        assert written == {job.id for job in jobs}
        assert bench.statuses(*jobs) == [Status.SUCCESSFUL, Status.FAILED, Status.SCHEDULED, Status.READY]

    def test_a_large_group_is_written_whole(self, bench: Bench) -> None:
        bench.insert(*(bench.new() for _ in range(500)))
        jobs = bench.claim(limit=500)
        outcomes = [success(job, str(number)) for number, job in enumerate(jobs)]
        assert bench.finish(*outcomes) == {job.id for job in jobs}
        assert list(bench.rows.order_by("id").values_list("return_value", flat=True)) == list(range(500))

    def test_nothing_to_write_writes_nothing(self, bench: Bench) -> None:
        assert bench.finish() == bench.drop() == frozenset()

    def test_a_job_can_be_dropped_instead_of_finished(self, bench: Bench) -> None:
        jobs = [bench.claimed() for _ in range(3)]
        assert bench.drop(success(jobs[2]), success(jobs[0])) == {jobs[0].id, jobs[2].id}
        assert [row.id for row in bench.rows] == [jobs[1].id]

    def test_a_large_group_is_dropped_whole_whatever_its_outcomes_and_their_order(self, bench: Bench) -> None:
        bench.insert(*(bench.new() for _ in range(501)))
        *jobs, kept = bench.claim(limit=501)
        outcomes = [success(job) if number % 2 else release(job) for number, job in enumerate(jobs)]
        assert bench.drop(*reversed(outcomes)) == {job.id for job in jobs}
        assert [(row.id, row.status) for row in bench.rows] == [(kept.id, Status.CLAIMED)]

    def test_a_dropped_job_leaves_its_slot(self, bench: Bench) -> None:
        key = bench.key("account")
        first, second = bench.blocked(key), bench.blocked(key)
        bench.admit(key)
        (held,) = bench.claim()
        assert held.id == first.id
        assert bench.admit(key).count == 0
        assert bench.drop(success(held)) == {first.id}
        assert bench.admit(key).count == 1
        assert bench.statuses(second) == [Status.READY]

    def test_what_a_transaction_that_rolls_back_dropped_is_still_there(self, bench: Bench) -> None:
        job = bench.claimed()
        with pytest.raises(RuntimeError), bench.dialect.atomic():
            assert bench.dialect.drop([success(job)]) == {job.id}
            raise RuntimeError
        assert bench.statuses(job) == [Status.CLAIMED]
        assert bench.drop(success(job)) == {job.id}

    def test_outcomes_of_a_transaction_that_rolls_back_never_were(self, bench: Bench) -> None:
        job = bench.claimed()
        with pytest.raises(RuntimeError), bench.dialect.atomic():
            bench.dialect.finish([success(job)])
            raise RuntimeError
        assert bench.statuses(job) == [Status.CLAIMED]

    def test_a_start_is_written_on_the_claimed_row(self, bench: Bench) -> None:
        job = bench.claimed()
        with bench.dialect.atomic():
            bench.dialect.mark_started([Started(job.id, job.attempt, job.process_id, BEGAN)])
        row = bench.row(job)
        assert (row.status, row.started_at, row.last_attempted_at) == (Status.CLAIMED, BEGAN, BEGAN)
        bench.finish(release(job, started_at=BEGAN))
        (second,) = bench.claim()
        with bench.dialect.atomic():
            bench.dialect.mark_started([Started(second.id, 2, second.process_id, ENDED)])
        row = bench.row(job)
        assert (row.started_at, row.last_attempted_at) == (BEGAN, ENDED)
