"""The fence: an outcome, or a start, of a claim that no longer stands changes nothing."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from dj_queue.contract import ClaimedJob, Started, Status
from dj_queue.testing.conformance.bench import Bench, ids, release, success

type Change = Callable[[Bench, ClaimedJob], object]

BROKEN: dict[str, Change] = {
    "released": lambda bench, job: bench.finish(release(job)),
    "finished": lambda bench, job: bench.finish(success(job, '"first"')),
    "claimed by another process": lambda bench, job: (bench.finish(release(job)), bench.claim()),
    "claimed again by the same process": lambda bench, job: (
        bench.finish(release(job, started_at=datetime.now(UTC))),
        bench.claim(process_id=job.process_id),
    ),
    "deleted": lambda bench, job: bench.rows.filter(id=job.id).delete(),
}


class TestFence:
    """`Dialect.finish` and `Dialect.mark_started` behind (job, attempt, process) on a claimed row."""

    @pytest.mark.parametrize("name", BROKEN)
    def test_a_late_outcome_changes_nothing(self, bench: Bench, name: str) -> None:
        job = bench.claimed()
        BROKEN[name](bench, job)
        before = _stored(bench)
        assert bench.finish(success(job, '"late"')) == frozenset()
        assert bench.finish(release(job)) == frozenset()
        assert bench.drop(success(job)) == frozenset()
        assert _stored(bench) == before

    @pytest.mark.parametrize("name", BROKEN)
    def test_a_late_start_changes_nothing(self, bench: Bench, name: str) -> None:
        job = bench.claimed()
        BROKEN[name](bench, job)
        before = _stored(bench)
        with bench.dialect.atomic():
            bench.dialect.mark_started([_start(job)])
        assert _stored(bench) == before

    def test_an_outcome_of_another_process_or_attempt_changes_nothing(self, bench: Bench) -> None:
        job = bench.claimed()
        before = _stored(bench)
        for stranger in (
            job._replace(process_id=uuid4()),
            job._replace(attempt=0),
            job._replace(attempt=2),
            job._replace(id=uuid4()),
        ):
            assert bench.finish(success(stranger)) == frozenset()
            assert bench.drop(success(stranger)) == frozenset()
            with bench.dialect.atomic():
                bench.dialect.mark_started([_start(stranger)])
        assert _stored(bench) == before

    def test_a_group_is_written_as_far_as_its_claims_stand(self, bench: Bench) -> None:
        jobs = [bench.claimed() for _ in range(6)]
        bench.finish(release(jobs[1]), success(jobs[3], '"first"'))
        bench.rows.filter(id=jobs[5].id).delete()
        written = bench.finish(*(success(job, '"second"') for job in reversed(jobs)))
        assert written == {jobs[0].id, jobs[2].id, jobs[4].id}
        assert bench.statuses(jobs[0], jobs[1], jobs[2]) == [
            Status.SUCCESSFUL,
            Status.READY,
            Status.SUCCESSFUL,
        ]
        assert bench.row(jobs[3]).return_value == "first"

    @pytest.mark.parametrize("stale_comes_last", [False, True])
    def test_of_two_outcomes_of_one_job_the_one_that_holds_it_is_written(
        self, bench: Bench, stale_comes_last: bool
    ) -> None:
        first = bench.claimed()
        bench.finish(release(first, started_at=datetime.now(UTC)))
        (second,) = bench.claim(process_id=first.process_id)
        outcomes = [success(first, '"first"'), success(second, '"second"')]
        assert bench.finish(*(reversed(outcomes) if stale_comes_last else outcomes)) == {second.id}
        assert bench.row(second).return_value == "second"

    def test_of_finishers_at_once_one_writes(self, bench: Bench) -> None:
        jobs = [bench.claimed() for _ in range(20)]

        def finish_all(text: str) -> frozenset[Any]:
            return bench.again(lambda: bench.finish(*(success(job, text) for job in jobs)))

        written = bench.in_threads(*(lambda text=text: finish_all(text) for text in ("1", "2", "3")))
        assert sorted(job_id for part in written for job_id in part) == ids(jobs)


def _start(job: ClaimedJob) -> Started:
    return Started(job.id, job.attempt, job.process_id, datetime(2020, 1, 1, tzinfo=UTC))


def _stored(bench: Bench) -> list[dict[str, Any]]:
    return [dict(row) for row in bench.rows.order_by("id").values()]
