"""`manage.py dj_queue_prune`: what it deletes, what it keeps, and what it refuses to guess."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.management import CommandError
from django.test import override_settings

from dj_queue import api
from dj_queue.contract import Status
from dj_queue.models import RecurringExecution
from dj_queue.operations.policy import hash_key
from tests.management.conftest import one_backend
from tests.project.tasks import add, fail

FINISHED = (Status.SUCCESSFUL, Status.CANCELLED, Status.DISCARDED)
PATH = "tests.project.tasks.add"


@pytest.fixture
def old(on, services, jobs):
    """`old(status, hours, count)` makes jobs that ended so long ago."""

    def make(status, hours=48.0, count=1, task=add):
        results = on(task).get_backend().enqueue_all([(on(task), (1, 1), {})] * count)
        ended = services.dialect.now() - timedelta(hours=hours)
        jobs.filter(id__in=[result.id for result in results]).update(status=status, finished_at=ended)
        return results

    return make


@pytest.fixture
def firings(services):
    """The recorded slots."""
    return RecurringExecution.objects.using(services.database.alias)


@pytest.fixture
def fired(services, firings):
    """`fired("report", days)` records a slot that was enqueued so long ago."""

    def make(key, days):
        moment = services.dialect.now() - timedelta(days=days)
        firings.create(
            backend_alias=services.alias,
            key_hash=hash_key(services.alias, key),
            run_at=moment,
            job_id=uuid4(),
            created_at=moment,
        )

    return make


def test_without_arguments_the_options_decide(call, old, jobs, fired, firings, backend_alias):
    for status in FINISHED:
        old(status)
        old(status, hours=1)
    old(Status.FAILED)
    fired("report", 8)
    fired("report", 6)
    said = call("dj_queue_prune")
    assert said == f"backend {backend_alias!r}: pruned 3 finished jobs, 1 recurring firings"
    assert (jobs.count(), firings.count()) == (4, 1)


def test_the_options_may_cover_failed_jobs_or_keep_jobs_for_ever(call, old, jobs, backend_alias):
    def with_options(**options):
        changed = {**entry, "OPTIONS": {**entry["OPTIONS"], **options}}
        return override_settings(TASKS={**settings.TASKS, backend_alias: changed})

    entry = settings.TASKS[backend_alias]
    old(Status.FAILED)
    old(Status.SUCCESSFUL)
    with with_options(clear_finished_jobs_after=None):
        assert call("dj_queue_prune", "--task-path", PATH).endswith(
            "pruned nothing: the options keep all of it"
        )
    with with_options(clear_finished_jobs_after=None, clear_failed_jobs_after=3600):
        assert "pruned 1 failed jobs" in call("dj_queue_prune")
    assert jobs.get().status == Status.SUCCESSFUL


def test_an_age_prunes_what_it_names_and_nothing_else(call, old, jobs, fired, firings):
    old(Status.SUCCESSFUL, hours=2)
    old(Status.FAILED, hours=2)
    fired("report", 30)
    assert call("dj_queue_prune", "--older-than", "3600").endswith("pruned 1 finished jobs")
    assert call("dj_queue_prune", "--failed-older-than", "3600").endswith("pruned 1 failed jobs")
    assert firings.count() == 1
    assert call("dj_queue_prune", "--recurring-older-than", "3600").endswith("pruned 1 recurring firings")
    assert (jobs.count(), firings.count()) == (0, 0)


def test_it_goes_on_until_nothing_is_due(call, old, jobs):
    old(Status.SUCCESSFUL, count=25)
    old(Status.SUCCESSFUL, hours=0)
    said = call("dj_queue_prune", "--older-than", "60", "--batch-size", "10")
    assert said.endswith("pruned 25 finished jobs")
    assert jobs.count() == 1


def test_zero_seconds_is_everything_that_ended_and_nothing_that_did_not(call, old, jobs, on):
    for status in FINISHED:
        old(status, hours=0.001)
    waiting = on(add).enqueue(1, 1)
    assert "3 finished jobs" in call("dj_queue_prune", "--older-than", "0")
    assert str(jobs.get().id) == waiting.id


def test_jobs_are_narrowed_to_one_task(call, old, jobs):
    old(Status.SUCCESSFUL, count=12)
    kept = old(Status.SUCCESSFUL, task=fail)
    said = call("dj_queue_prune", "--task-path", PATH, "--older-than", "60", "--batch-size", "5")
    assert said.endswith("pruned 12 finished jobs")
    assert str(jobs.get().id) == kept[0].id


def test_a_task_alone_is_pruned_by_the_options_and_firings_are_left(call, old, jobs, fired, firings):
    old(Status.SUCCESSFUL)
    old(Status.SUCCESSFUL, hours=1)
    fired("report", 30)
    assert call("dj_queue_prune", "--task-path", PATH).endswith("pruned 1 finished jobs")
    assert (jobs.count(), firings.count()) == (1, 1)


def test_firings_are_narrowed_to_one_recurring_task(call, old, jobs, fired, firings):
    old(Status.SUCCESSFUL)
    fired("report", 30)
    fired("other", 30)
    assert call("dj_queue_prune", "--task-key", "report").endswith("pruned 1 recurring firings")
    assert (jobs.count(), firings.count()) == (1, 1)


def test_jobs_of_another_backend_stay(call, old, jobs):
    old(Status.SUCCESSFUL)
    jobs.update(backend_alias="another")
    assert "0 finished jobs" in call("dj_queue_prune", "--older-than", "0")
    assert jobs.count() == 1


def test_results_of_pruned_jobs_do_not_exist_any_more(call, old, on, backend_alias):
    from django.tasks.exceptions import TaskResultDoesNotExist

    (result,) = old(Status.FAILED)
    call("dj_queue_prune", "--failed-older-than", "0")
    with pytest.raises(TaskResultDoesNotExist):
        result.refresh()
    assert api.retry_failed_jobs(backend_alias=backend_alias) == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--task-path", PATH, "--recurring-older-than", "1"], "--task-path narrows --older-than"),
        (["--task-key", "report", "--older-than", "1"], "--task-key narrows --recurring-older-than"),
    ],
)
def test_what_would_narrow_nothing_is_refused(call, old, jobs, arguments, told):
    old(Status.SUCCESSFUL)
    with pytest.raises(CommandError, match=told):
        call("dj_queue_prune", *arguments)
    assert jobs.count() == 1


@pytest.mark.parametrize("flag", ["--older-than", "--failed-older-than", "--recurring-older-than"])
@pytest.mark.parametrize("age", ["-1", "nan", "inf", "1e400", "-inf", "yesterday", "", "1e12"])
def test_ages_that_mean_nothing_are_refused(call, old, jobs, flag, age):
    old(Status.SUCCESSFUL)
    with pytest.raises(CommandError, match=f"{flag}: .*use seconds of at least 0, 315360000 at most"):
        call("dj_queue_prune", f"{flag}={age}")
    assert jobs.count() == 1


@pytest.mark.parametrize("size", ["0", "-5", "1.5", "nan", "many", "1000000", "٣"])
def test_batch_sizes_that_mean_nothing_are_refused(call, size):
    with pytest.raises(CommandError, match=r"--batch-size: .*use a whole number from 1 to 10000"):
        call("dj_queue_prune", f"--batch-size={size}")


@one_backend
def test_the_command_line_works(manage, old, jobs, backend_alias):
    old(Status.SUCCESSFUL)
    done = manage("dj_queue_prune", "--backend", backend_alias)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pruned 1 finished jobs" in done.stdout
    assert jobs.count() == 0


@one_backend
def test_a_database_that_is_not_ready_is_named(manage, backend_alias, empty_database):
    done = manage("dj_queue_prune", "--backend", backend_alias, **empty_database)
    assert done.returncode == 1
    assert "lacks the migrations" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@one_backend
def test_on_a_terminal_a_bar_shows_how_far_it_is(manage_on_a_terminal, old, jobs, backend_alias):
    old(Status.SUCCESSFUL, count=7)
    shown = manage_on_a_terminal("dj_queue_prune", "--backend", backend_alias, "--batch-size", 2)
    assert "7/7" in shown
    assert "pruned 7 finished jobs" in shown
    assert not jobs.exists()


@one_backend
def test_where_nobody_watches_no_bar_is_drawn(manage, old, backend_alias):
    old(Status.SUCCESSFUL, count=7)
    done = manage("dj_queue_prune", "--backend", backend_alias)
    assert "pruned 7 finished jobs" in done.stdout
    assert not done.stderr
