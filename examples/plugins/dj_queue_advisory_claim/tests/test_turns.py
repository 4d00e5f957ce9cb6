"""Claims take turns."""

from uuid import uuid4

import psycopg
from conftest import NAME, URL

from dj_queue.contract import ClaimRequest, Selector
from dj_queue_advisory_claim.claim import TRY_LOCK

ALL = (Selector("", is_prefix=True),)


def test_who_has_to_wait_takes_nothing_and_holds_nobody_up(services):
    request = ClaimRequest("default", ALL, 10, uuid4())
    with psycopg.connect(URL, dbname=NAME) as other:
        other.execute(TRY_LOCK, ["default"])
        assert services.claim.claim(request) == []
        other.execute(TRY_LOCK, ["another alias"])
    assert services.claim.claim(request) == []
