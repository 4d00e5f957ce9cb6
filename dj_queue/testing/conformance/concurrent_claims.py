"""Claiming by several processes at once: every job goes to exactly one of them."""

from functools import partial
from uuid import UUID, uuid4

from dj_queue.contract import Status
from dj_queue.testing.conformance.bench import Bench, release

CLAIMERS = 4


class TestConcurrentClaims:
    """`ClaimStrategy.claim` for processes that compete."""

    def test_no_two_processes_ever_hold_the_same_job(self, bench: Bench) -> None:
        jobs = [bench.new(queue_name=f"q{number % 5}", priority=number % 3) for number in range(300)]
        bench.insert(*jobs)
        taken = [job_id for part in bench.in_threads(*[partial(_drain, bench)] * CLAIMERS) for job_id in part]
        taken += _drain(bench)
        assert sorted(taken) == sorted(job.id for job in jobs)
        assert set(bench.rows.values_list("status", "attempts")) == {(Status.CLAIMED, 1)}

    def test_attempts_stay_true_while_jobs_are_claimed_and_given_back(self, bench: Bench) -> None:
        bench.insert(*(bench.new() for _ in range(6)))
        bench.in_threads(*[partial(_claim_and_give_back, bench, 25)] * CLAIMERS)
        assert set(bench.rows.values_list("status", "attempts", "process_id")) == {(Status.READY, 0, None)}


def _drain(bench: Bench) -> list[UUID]:
    """Claim until nothing is left; a claimer that lost every race to others tries again."""
    process_id = uuid4()
    taken: list[UUID] = []
    while bench.rows.filter(status=Status.READY).exists():
        jobs = bench.again(partial(bench.claim, limit=7, process_id=process_id))
        taken += [job.id for job in jobs]
    return taken


def _claim_and_give_back(bench: Bench, rounds: int) -> None:
    process_id = uuid4()
    for _ in range(rounds):
        for job in bench.again(partial(bench.claim, limit=3, process_id=process_id)):
            row = bench.row(job)
            assert (row.status, row.attempts, row.process_id) == (Status.CLAIMED, job.attempt, process_id)
            assert bench.again(partial(bench.finish, release(job))) == {job.id}
