"""Pruning: finished jobs of one status that ended long enough ago, a batch at a time."""

from datetime import UTC, datetime
from functools import partial

import pytest

from dj_queue.contract import Status
from dj_queue.testing.conformance.bench import A_MINUTE, AN_HOUR, Bench, success

NOON = datetime(2020, 1, 1, 12, tzinfo=UTC)
FINISHED = [status for status in Status if status.is_finished]


class TestPrune:
    """`Dialect.prune`."""

    @pytest.mark.parametrize("status", FINISHED)
    def test_jobs_of_the_status_that_ended_before_are_deleted(self, bench: Bench, status: Status) -> None:
        jobs = [bench.claimed() for _ in range(3)]
        for job, moment in zip(jobs, (NOON - A_MINUTE, NOON, NOON + A_MINUTE), strict=True):
            bench.finish(success(job, status=status, ended_at=moment))
        assert bench.prune(status, NOON) == 1
        assert set(bench.rows.values_list("id", flat=True)) == {jobs[1].id, jobs[2].id}

    def test_no_other_status_is_touched(self, bench: Bench) -> None:
        for status in FINISHED:
            bench.finish(success(bench.claimed(), status=status, ended_at=NOON))
        for status in Status:
            if not status.is_finished:
                bench.ready(status=status, run_after=NOON)
        for status in FINISHED:
            assert bench.prune(status, NOON + AN_HOUR) == 1
        assert sorted(bench.rows.values_list("status", flat=True)) == sorted(
            status for status in Status if not status.is_finished
        )

    def test_the_oldest_go_first_up_to_the_limit(self, bench: Bench) -> None:
        jobs = [bench.claimed() for _ in range(5)]
        for number, job in enumerate(jobs):
            bench.finish(success(job, ended_at=NOON - number * A_MINUTE))
        later = NOON + AN_HOUR
        assert bench.prune(Status.SUCCESSFUL, later, limit=2) == 2
        assert set(bench.rows.values_list("id", flat=True)) == {job.id for job in jobs[:3]}
        assert [bench.prune(Status.SUCCESSFUL, later, limit=2) for _ in range(3)] == [2, 1, 0]

    def test_a_job_retried_meanwhile_is_not_deleted(self, bench: Bench) -> None:
        bench.insert(*(bench.new() for _ in range(200)))
        held = bench.claim(limit=200)
        bench.finish(*(success(job, status=Status.FAILED, ended_at=NOON) for job in held))

        def prune() -> int:
            total = count = bench.again(partial(bench.prune, Status.FAILED, NOON + AN_HOUR, 9))
            while count:
                count = bench.again(partial(bench.prune, Status.FAILED, NOON + AN_HOUR, 9))
                total += count
            return total

        def retry() -> int:
            total = 0
            failed = bench.rows.filter(status=Status.FAILED)
            while ids := list(failed.order_by("-id").values_list("id", flat=True)[:3]):
                rows = failed.filter(id__in=ids)
                total += bench.again(partial(rows.update, status=Status.READY, finished_at=None))
            return total

        deleted, retried = bench.in_threads(prune, retry)
        assert deleted + retried == 200
        assert bench.rows.filter(status=Status.READY).count() == bench.rows.count() == retried

    def test_other_backend_aliases_are_left_alone(self, bench: Bench) -> None:
        job = bench.claimed()
        bench.finish(success(job, ended_at=NOON))
        bench.rows.filter(id=job.id).update(backend_alias="another")
        assert bench.prune(Status.SUCCESSFUL, NOON + AN_HOUR) == 0
