"""Lists: what they find, and how little they ask of the database for it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from dj_queue.admin.changelist import CAP
from dj_queue.contract import Status
from dj_queue.models import Job
from dj_queue.operations.ids import make_ids
from dj_queue.operations.processes import describe_process, register
from tests.admin.pages import Page
from tests.project import tasks


@pytest.fixture
def queries(services):
    """`queries(call)` is how many statements the call sends to the alias's database and to the admin's."""

    def count(call):
        names = {services.database.alias, "default"}
        captured = [CaptureQueriesContext(connections[name]) for name in names]
        for one in captured:
            one.__enter__()
        try:
            assert call().status_code == 200
        finally:
            for one in captured:
                one.__exit__(None, None, None)
        return sum(len(one) for one in captured)

    return count


@pytest.fixture
def many(jobs, backend_alias):
    """`many(count, status)` stores so many jobs of a status at once."""

    def store(count, status, **changes):
        now = datetime.now(UTC)
        facts = {
            "backend_alias": backend_alias,
            "queue_name": "default",
            "task_path": "tests.project.tasks.add",
        }
        facts |= {"status": status, "enqueued_at": now, "finished_at": now if status.is_finished else None}
        jobs.bulk_create([Job(id=pk, **facts | changes) for pk in make_ids(count)], batch_size=2000)

    return store


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", 4),
        ("&status=ready", 2),
        ("&status=scheduled", 1),
        ("&status=failed", 1),
        ("&status=blocked", 0),
        ("&status=nonsense", 0),
        ("&queue=email", 1),
        ("&queue=EMAIL", 0),
        ("&status=ready&queue=email", 1),
        ("&q=tests.project.tasks.note", 1),
        ("&q=tests.project.tasks", 0),
        ("&q=email", 1),
        ("&q=+email+", 1),
        ("&q=%00", 4),
        ("&q=nothing", 0),
    ],
)
def test_filters_and_search_find_exactly_what_is_named(boss, admin_url, on, failed, query, found):
    failed(queue="broken")
    on(tasks.add).enqueue(1, 2)
    on(tasks.note, queue_name="email").enqueue("path", "line")
    on(tasks.add, run_after=datetime.now(UTC) + timedelta(hours=1)).enqueue(1, 2)
    response = boss.get(admin_url("job", query=query))
    assert response.status_code == 200
    assert Page(response).rows() == found


def test_search_finds_a_job_by_its_id(boss, admin_url, on):
    wanted, other = (on(tasks.add).enqueue(number, 2) for number in range(2))
    page = Page(boss.get(admin_url("job", query=f"&q={wanted.id}")))
    assert page.rows() == 1
    assert wanted.id in page.text
    assert other.id not in page.text


def test_without_a_status_the_newest_jobs_are_looked_at_and_with_one_all(boss, admin_url, on, monkeypatch):
    monkeypatch.setattr("dj_queue.admin.job_lists.WINDOW", 2)
    results = [on(tasks.add).enqueue(number, 2) for number in range(3)]
    for query, found in (
        ("", 2),
        ("&q=tests.project.tasks.add", 2),
        ("&queue=default", 2),
        ("&status=ready", 3),
        ("&status=ready&q=default", 3),
        (f"&q={results[0].id}", 1),
    ):
        assert Page(boss.get(admin_url("job", query=query))).rows() == found


def order_of(page, ids):
    """The positions of these jobs on the page, first to last."""
    return sorted(ids, key=lambda job_id: page.text.index(str(job_id)))


def test_jobs_of_a_status_stand_in_the_order_of_their_turn(boss, admin_url, on, jobs, failed):
    now = datetime.now(UTC)
    late, soon = (on(tasks.add, run_after=now + timedelta(hours=hours)).enqueue(1, 2).id for hours in (2, 1))
    low, high = (on(tasks.add, priority=priority).enqueue(1, 2).id for priority in (0, 9))
    first, last = (job.id for job in failed(2, queue="broken"))
    jobs.filter(id=first).update(finished_at=now + timedelta(minutes=1))
    for query, ids in (
        ("&status=scheduled", [soon, late]),
        ("&status=ready", [high, low]),
        ("&status=failed", [first, last]),
        ("", [last, first, high, low, soon, late]),
    ):
        assert order_of(Page(boss.get(admin_url("job", query=query))), ids) == ids
    assert order_of(Page(boss.get(admin_url("failedexecution"))), [first, last]) == [first, last]


def test_queue_filter_offers_queues_of_the_newest_jobs_and_the_one_that_is_named(
    boss, admin_url, on, monkeypatch
):
    monkeypatch.setattr("dj_queue.admin.filters.NEWEST", 2)
    for queue in ("first", "second", "third"):
        on(tasks.add, queue_name=queue).enqueue(1, 2)
    offered = boss.get(admin_url("job", query="&queue=elsewhere")).content.decode()
    assert "queue=second" in offered
    assert "queue=third" in offered
    assert "queue=elsewhere" in offered
    assert "queue=first" not in offered


@pytest.mark.fault(57)
@pytest.mark.parametrize(
    "query", ["&args__contains=1", "&kwargs__password__startswith=a", "&task_path__contains=x", "&id__gt=1"]
)
def test_addresses_cannot_search_what_no_filter_offers(boss, admin_url, query):
    assert boss.get(admin_url("job", query=query)).status_code == 400


@pytest.mark.parametrize("model", ["job", "failedexecution"])
def test_list_of_jobs_costs_the_same_few_queries_whatever_it_shows(boss, admin_url, many, queries, model):
    many(2, Status.FAILED)
    few = queries(lambda: boss.get(admin_url(model)))
    many(200, Status.FAILED, errors=[{"class": "builtins.ValueError"}])
    assert queries(lambda: boss.get(admin_url(model))) == few
    assert few <= 6


def test_other_lists_cost_a_handful_of_queries(boss, admin_url, services, on, queries):
    for _ in range(5):
        register(services, describe_process(services, "worker", uuid4()), None, {})
        on(tasks.per_account).enqueue("acme")
    for model in ("process", "recurringtask", "recurringexecution", "pause", "semaphore"):
        assert queries(lambda model=model: boss.get(admin_url(model))) <= 6


def test_page_of_a_job_costs_a_handful_of_queries(boss, admin_url, failed, queries):
    (job,) = failed()
    assert queries(lambda: boss.get(admin_url("job", job.id))) <= 6


def test_lists_read_no_payloads(boss, admin_url, services, on):
    on(tasks.add).enqueue("secret", 2)
    with CaptureQueriesContext(connections[services.database.alias]) as captured:
        boss.get(admin_url("job"))
    read = " ".join(query["sql"] for query in captured)
    assert "dj_queue_job" in read
    for column in ("args", "return_value", "errors"):
        assert column not in read


def test_counting_stops_at_the_cap_and_the_list_says_so(boss, admin_url, services, many):
    many(CAP + 1, Status.SUCCESSFUL)
    with CaptureQueriesContext(connections[services.database.alias]) as captured:
        page = Page(boss.get(admin_url("job")))
    counts = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
    assert counts
    assert all(f"LIMIT {CAP}" in sql for sql in counts)
    assert "10,000 or more" in page.text
    assert Page(boss.get(admin_url("job", query=f"&p={CAP // 100}"))).rows() == 100
    assert boss.get(admin_url("job", query=f"&p={CAP // 100 + 1}")).status_code == 302


def test_short_list_says_nothing_of_a_cap(boss, admin_url, on):
    on(tasks.add).enqueue(1, 2)
    assert "or more" not in Page(boss.get(admin_url("job"))).text


def test_concurrency_key_is_found_by_its_exact_text(boss, admin_url, on):
    for account in ("acme", "other"):
        on(tasks.per_account).enqueue(account)
    text = Page(boss.get(admin_url("semaphore", query="&q=account:acme"))).text
    assert "1 semaphore" in " ".join(text.split())
    assert "account:other" not in text


def test_failed_jobs_show_the_class_of_their_last_error(boss, admin_url, jobs, failed):
    (job,) = failed()
    jobs.filter(id=job.id).update(errors=[{"class": "a.First"}, {"class": "b.Last"}])
    text = Page(boss.get(admin_url("failedexecution"))).text
    assert "b.Last" in text
    assert "a.First" not in text
