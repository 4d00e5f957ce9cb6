"""The portable dialect on a database with fewer features, such as Oracle."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connections

from dj_queue.contract import ClaimRequest, Status, parse_selector
from dj_queue.portable import PortableDialect
from dj_queue.portable.plugin import dj_queue_claim_strategy
from tests.project import tasks

AN_HOUR = timedelta(hours=1)


@pytest.fixture
def dialect(services, monkeypatch):
    features = type(connections[services.database.alias].features)
    monkeypatch.setattr(features, "supports_select_for_update_with_limit", False)
    monkeypatch.setattr(features, "bare_select_suffix", " LIMIT 1")
    return PortableDialect(services.database)


def test_it_promotes_and_claims_where_rows_cannot_be_locked_with_a_limit(on, services, jobs, dialect):
    for delay in (3, 2, 1):
        job_id = on(tasks.add, run_after=dialect.now() + AN_HOUR).enqueue(1, 1).id
        jobs.filter(id=job_id).update(run_after=dialect.now() - delay * AN_HOUR)
    with dialect.atomic():
        assert dialect.promote_due(services.alias, 2).count == 2
    assert jobs.filter(status=Status.READY).count() == 2
    assert str(jobs.get(status=Status.SCHEDULED).id) == job_id
    strategy = dj_queue_claim_strategy(services.database, dialect, {})
    assert strategy.name == "optimistic"
    request = ClaimRequest(services.alias, (parse_selector("*"),), 5, uuid4())
    assert len(strategy.claim(request)) == 2


def test_it_reads_the_clock_where_a_select_needs_more(services, dialect):
    seen = []

    def listen(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connections[services.database.alias].execute_wrapper(listen):
        assert dialect.now().utcoffset() == timedelta()
    assert seen[0].endswith(" LIMIT 1")
