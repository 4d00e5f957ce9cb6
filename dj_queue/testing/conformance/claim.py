"""Claiming: order, selectors, pauses, and what a claim writes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from dj_queue.contract import MOST_ATTEMPTS, Outcome, OutcomeKind, Status
from dj_queue.models import Pause
from dj_queue.testing.conformance.bench import Bench, ids, release, success

A_MILLISECOND = timedelta(milliseconds=1)
"""Some databases tell the time no finer than that."""


class TestClaim:
    """`ClaimStrategy.claim` for one process at a time."""

    def test_higher_priority_comes_first_then_the_older(self, bench: Bench) -> None:
        low, first, second = bench.ready(priority=-5), bench.ready(priority=10), bench.ready(priority=10)
        assert ids(bench.claim()) == [first.id, second.id, low.id]

    def test_queues_of_one_selector_are_merged_by_priority_then_age(self, bench: Bench) -> None:
        oldest = bench.ready(queue_name="mail-b")
        urgent = bench.ready(queue_name="mail-c", priority=1)
        youngest = bench.ready(queue_name="mail-a")
        assert ids(bench.claim("mail*")) == [urgent.id, oldest.id, youngest.id]

    def test_selector_order_wins_over_priority(self, bench: Bench) -> None:
        other, mail = bench.ready(priority=50), bench.ready(queue_name="mail")
        assert ids(bench.claim("mail", "default")) == [mail.id, other.id]
        assert bench.claim("mail", "default") == []

    def test_a_queue_that_two_selectors_pick_is_claimed_by_the_first(self, bench: Bench) -> None:
        mails = [bench.ready(queue_name="mail", priority=-1) for _ in range(2)]
        other = bench.ready(priority=5)
        assert ids(bench.claim("mail", "*", "mail*")) == [*ids(mails), other.id]

    def test_no_more_than_the_limit_is_taken_and_the_best_are(self, bench: Bench) -> None:
        jobs = [bench.ready(queue_name=f"q{number % 3}", priority=number % 2) for number in range(12)]
        best = sorted(jobs, key=lambda job: (-job.priority, job.id))
        assert ids(bench.claim(limit=5)) == ids(best[:5])
        assert ids(bench.claim("q0", "*", limit=3)) == ids(
            [job for job in best[5:] if job.queue_name == "q0"][:2]
            + [job for job in best[5:] if job.queue_name != "q0"][:1]
        )

    @pytest.mark.parametrize(
        ("selector", "picked"),
        [
            ("mail", {"mail"}),
            ("mail*", {"mail", "mail_low", "mail%", "mail-é", "mail|"}),
            ("mail_*", {"mail_low"}),
            ("mail%*", {"mail%"}),
            ("Mail*", {"Mail"}),
            ("é*", {"é", "élan"}),
            ("\\*", {"\\mail"}),
            ("😀*", {"😀 queue"}),
        ],
    )
    def test_a_prefix_picks_the_queues_that_begin_with_it_letter_by_letter(
        self, bench: Bench, selector: str, picked: set[str]
    ) -> None:
        names = ["mail", "mail_low", "mail%", "mail-é", "mail|", "Mail", "mai", "MAIL", "mall", "maim"]
        names += ["é", "élan", "e", "elan", "\\mail", "😀 queue", "'mail'", "zz"]
        for name in names:
            bench.ready(queue_name=name)
        assert {job.queue_name for job in bench.claim(selector, limit=50)} == picked

    def test_names_that_differ_in_case_accent_or_width_are_different_queues(self, bench: Bench) -> None:
        jobs = {
            name: bench.ready(queue_name=name) for name in ("e", "E", "é", "e\u0301", "\uff45", "ß", "ss")
        }
        for name, job in jobs.items():
            assert ids(bench.claim(name)) == [job.id]

    def test_paused_queues_are_skipped_until_they_are_resumed(self, bench: Bench) -> None:
        slow, fast = bench.ready(queue_name="slow", priority=100), bench.ready(queue_name="fast")
        bench.pause("slow")
        bench.pause("fas")
        bench.pause("FAST")
        assert ids(bench.claim("slow", "*", "slow*")) == [fast.id]
        bench.resume("slow")
        assert ids(bench.claim()) == [slow.id]

    def test_a_backlog_in_paused_queues_hides_no_other_job(self, bench: Bench) -> None:
        for number in range(10):
            bench.insert(*(bench.new(queue_name=f"a{number}", priority=9) for _ in range(10)))
            bench.pause(f"a{number}")
        job = bench.ready(queue_name="b")
        assert ids(bench.claim(limit=2)) == [job.id]

    def test_only_ready_jobs_are_taken(self, bench: Bench) -> None:
        for status in Status:
            bench.ready(status=status)
        assert [job.id for job in bench.claim()] == [bench.rows.get(status=Status.CLAIMED, attempts=1).id]

    def test_jobs_of_another_backend_alias_are_left_alone(self, bench: Bench) -> None:
        bench.ready(backend_alias="another")
        mine = bench.ready()
        assert ids(bench.claim("*", "default")) == [mine.id]

    def test_pauses_of_another_backend_alias_do_not_count(self, bench: Bench) -> None:
        job = bench.ready()
        bench.pause("default")
        Pause.objects.using(bench.services.database.alias).update(backend_alias="another")
        assert ids(bench.claim()) == [job.id]

    def test_an_empty_queue_gives_nothing(self, bench: Bench) -> None:
        assert bench.claim() == bench.claim("default") == bench.claim("d*", "default") == []

    @pytest.mark.parametrize("selectors", [("a", "b"), ("a*", "b*", "c"), ("a", "b", "*")], ids=str)
    def test_a_claim_of_fewer_jobs_than_selectors_ends(
        self, bench: Bench, selectors: tuple[str, ...]
    ) -> None:
        assert bench.claim(*selectors, limit=1) == []
        jobs = [bench.ready(queue_name=name) for name in ("b", "a", "b")]
        paused = bench.ready(queue_name="a2")
        bench.pause("a2")
        taken = [ids(bench.claim(*selectors, limit=1)) for _ in range(4)]
        assert taken == [[jobs[1].id], [jobs[0].id], [jobs[2].id], []]
        assert bench.row(paused).status == Status.READY

    def test_a_claim_writes_process_attempt_and_time(self, bench: Bench) -> None:
        job, process_id = bench.ready(), uuid4()
        before = bench.dialect.now()
        bench.claim(process_id=process_id)
        after = bench.dialect.now()
        row = bench.row(job)
        assert (row.status, row.process_id, row.attempts) == (Status.CLAIMED, process_id, 1)
        assert row.claimed_at is not None
        assert before - A_MILLISECOND <= row.claimed_at <= after + A_MILLISECOND
        assert (row.started_at, row.last_attempted_at) == (None, None)

    def test_a_claimed_job_says_all_that_running_it_needs(self, bench: Bench) -> None:
        key, process_id = bench.key("one"), uuid4()
        due = datetime(2020, 1, 1, 12, 30, tzinfo=UTC)
        job = bench.ready(
            queue_name="mail",
            priority=7,
            args_json="[1]",
            kwargs_json='{"b":2}',
            run_after=due,
            on_crash="fail",
            concurrency=key,
        )
        (claimed,) = bench.claim(process_id=process_id)
        assert (claimed.id, claimed.attempt, claimed.process_id) == (job.id, 1, process_id)
        assert (claimed.queue_name, claimed.priority, claimed.task_path) == ("mail", 7, job.task_path)
        assert (claimed.args, claimed.kwargs) == ([1], {"b": 2})
        assert (claimed.enqueued_at, claimed.run_after, claimed.started_at) == (job.enqueued_at, due, None)
        assert (claimed.errors, claimed.lost) == ([], 0)
        assert (claimed.on_crash, claimed.concurrency_hash) == ("fail", key.key_hash)

    def test_each_claim_is_a_further_attempt_that_knows_the_earlier_ones(self, bench: Bench) -> None:
        first = bench.claimed()
        began = datetime(2020, 1, 1, tzinfo=UTC)
        bench.finish(
            Outcome(
                first.id,
                first.attempt,
                first.process_id,
                OutcomeKind.LOST,
                Status.READY,
                started_at=began,
                errors_json='[{"attempt":1}]',
                lost=1,
            )
        )
        (second,) = bench.claim()
        assert (second.attempt, second.lost, second.errors) == (2, 1, [{"attempt": 1}])
        assert second.started_at == began
        row = bench.row(second)
        assert (row.attempts, row.started_at, row.last_attempted_at) == (2, began, None)

    @pytest.mark.parametrize("selectors", [("default",), ("*",), ("default", "*")], ids="+".join)
    def test_attempts_stay_at_their_limit_and_stop_no_claim(
        self, bench: Bench, selectors: tuple[str, ...]
    ) -> None:
        last, over, other = bench.ready(), bench.ready(), bench.ready()
        bench.rows.filter(id=last.id).update(attempts=MOST_ATTEMPTS - 1)
        bench.rows.filter(id=over.id).update(attempts=MOST_ATTEMPTS, lost=MOST_ATTEMPTS)
        claimed = bench.claim(*selectors)
        assert [job.attempt for job in claimed] == [MOST_ATTEMPTS, MOST_ATTEMPTS, 1]
        assert [bench.row(job).attempts for job in claimed] == [MOST_ATTEMPTS, MOST_ATTEMPTS, 1]
        assert ids(claimed) == [last.id, over.id, other.id]
        assert bench.finish(*(success(job) for job in claimed)) == set(ids(claimed))

    def test_a_job_given_back_can_be_claimed_again_and_a_finished_one_cannot(self, bench: Bench) -> None:
        first, second = bench.claimed(), bench.claimed()
        bench.finish(release(first), success(second))
        assert ids(bench.claim()) == [first.id]
