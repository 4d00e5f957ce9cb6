"""Queues: which of them have jobs, by status."""

import pytest

from dj_queue.contract import Status
from dj_queue.testing.conformance.bench import Bench, success

UNFINISHED = [status for status in Status if not status.is_finished]


class TestQueues:
    """`Dialect.queue_names`."""

    @pytest.mark.parametrize("status", UNFINISHED)
    def test_the_queues_of_an_unfinished_status_are_named_once(self, bench: Bench, status: Status) -> None:
        for name in ("b", "a", "A", "é", "a b", "😀 queue", "'a'"):
            bench.insert(*(bench.new(queue_name=name, priority=n, status=status) for n in range(3)))
        for other in Status:
            if other is not status:
                bench.ready(queue_name=f"{other}", status=other)
        bench.ready(queue_name="foreign", status=status, backend_alias="another")
        names = bench.dialect.queue_names(bench.services.alias, status)
        assert sorted(names) == sorted(["b", "a", "A", "é", "a b", "😀 queue", "'a'"])

    def test_an_empty_table_names_no_queue(self, bench: Bench) -> None:
        for status in UNFINISHED:
            assert list(bench.dialect.queue_names(bench.services.alias, status)) == []

    def test_a_queue_is_named_as_long_as_it_has_a_job_of_the_status(self, bench: Bench) -> None:
        alias = bench.services.alias
        bench.insert(*(bench.new(queue_name="mail") for _ in range(2)))
        (first,) = bench.claim(limit=1)
        assert list(bench.dialect.queue_names(alias, Status.READY)) == ["mail"]
        assert list(bench.dialect.queue_names(alias, Status.CLAIMED)) == ["mail"]
        (second,) = bench.claim(limit=1)
        assert list(bench.dialect.queue_names(alias, Status.READY)) == []
        bench.finish(success(first))
        bench.drop(success(second))
        assert list(bench.dialect.queue_names(alias, Status.CLAIMED)) == []

    def test_many_queues_are_all_named_paused_or_not(self, bench: Bench) -> None:
        names = [f"queue-{number:03}" for number in range(300)]
        bench.insert(*(bench.new(queue_name=name) for name in names))
        bench.pause(names[0])
        bench.pause(names[150])
        assert sorted(bench.dialect.queue_names(bench.services.alias, Status.READY)) == names
