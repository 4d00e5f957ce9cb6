"""Claim: what comes on top of the dialect's own: a second try, and the event."""

import pytest

from dj_queue.contract import Status, events
from tests.project.tasks import add


@pytest.mark.fault(60)
@pytest.mark.smoke
def test_jobs_are_taken_in_the_order_they_should_start(on, take, jobs):
    low = on(add, priority=-5).enqueue(1, 1)
    mail = on(add, queue_name="mail", priority=-10).enqueue(2, 2)
    high = on(add, priority=10).enqueue(3, 3)
    assert [str(job.id) for job in take("mail", "*")] == [mail.id, high.id, low.id]
    assert {job.status for job in jobs.all()} == {Status.CLAIMED}


def test_a_claim_that_got_jobs_is_told_with_their_number(services, on, take, heard):
    take()
    assert heard.events == []
    on(add).get_backend().enqueue_all([(on(add), (n, n), {}) for n in range(3)])
    take(limit=2)
    (event,) = [event for event in heard.events if event.name == events.CLAIM]
    assert (event.backend_alias, event.count) == (services.alias, 2)
    assert event.seconds > 0


def test_a_claim_that_met_a_busy_database_is_tried_again(services, on, take, monkeypatch):
    result = on(add).enqueue(1, 1)
    claim = services.claim.claim
    tries = []

    class Busy(Exception):
        pass

    def busy_at_first(request):
        tries.append(request)
        if len(tries) < 3:
            raise Busy
        return claim(request)

    monkeypatch.setattr(services.claim, "claim", busy_at_first)
    monkeypatch.setattr(services.dialect, "is_transient", lambda error: isinstance(error, Busy))
    assert [str(job.id) for job in take()] == [result.id]
    assert len(tries) == 3
