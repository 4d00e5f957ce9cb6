"""Jobs claimed and run by hand: who holds them, what becomes of them, and what a lost claim is worth."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.tasks import task
from django.test import override_settings

from dj_queue import api
from dj_queue.contract import Status
from dj_queue.exceptions import JobNotFound, ProcessExitError, ProcessMissingError, ProcessPrunedError
from dj_queue.models import Job, Process
from dj_queue.operations import processes
from dj_queue.operations.recover import recover_process, recover_silent
from tests.project.tasks import add, anap, attempt_number, fail, per_account, third_time, vanish_once

ROOT = Path(__file__).parents[2]


@task
def interrupt():
    raise KeyboardInterrupt


@task
def leave_a_transaction_open(database):
    transaction.atomic(using=database).__enter__()


@task
def lose_my_claim(job_id, database):
    Process.objects.using(database).all().delete()
    Job.objects.using(database).filter(task_path__endswith="lose_my_claim").update(process_id=uuid4())


@task(takes_context=True)
def is_marked_as_started(context, database):
    return Job.objects.using(database).get(id=context.task_result.id).last_attempted_at is not None


@pytest.fixture
def claim(backend_alias):
    """`claim(limit, ...)` on the alias under test."""
    return lambda limit=10, **options: api.claim_ready_jobs(
        limit=limit, backend_alias=backend_alias, **options
    )


@pytest.fixture
def execute(backend_alias):
    """`execute(job)` on the alias under test."""
    return lambda job: api.execute_claimed_job(job, backend_alias=backend_alias)


@pytest.fixture
def rows(services):
    """The registered processes."""
    return Process.objects.using(services.database.alias)


def test_jobs_are_claimed_in_the_order_they_should_start(on, claim):
    low = on(add, priority=-1).enqueue(1, 1)
    first, second = on(add, priority=5).enqueue(1, 1), on(add, priority=5).enqueue(1, 1)
    assert [str(claimed.job.id) for claimed in claim(2)] == [first.id, second.id]
    assert [str(claimed.job.id) for claimed in claim(2)] == [low.id]
    assert claim(2) == []


@pytest.mark.parametrize(
    ("queues", "taken"),
    [("email", 1), ("e*", 2), (["reports", "email"], 2), ("reports, e*", 3), (None, 3), ("nothing", 0)],
    ids=repr,
)
def test_queues_are_selected_as_workers_select_them(on, claim, queues, taken):
    for name in ("email", "events", "reports"):
        on(add, queue_name=name).enqueue(1, 1)
    assert len(claim(queues=queues)) == taken


@pytest.mark.parametrize("limit", [0, -1, True, 1.5, None, 2**31], ids=repr)
def test_limits_that_claim_nothing_are_refused(claim, limit):
    with pytest.raises(ValueError):
        claim(limit)


@pytest.mark.parametrize("queues", ["", "a*b", [], 5, [None]], ids=repr)
def test_selectors_that_select_nothing_are_refused(claim, queues):
    with pytest.raises(ValueError):
        claim(queues=queues)


def test_a_claim_tells_job_process_and_time(on, claim, rows, backend_alias):
    result = on(add).enqueue(1, 2)
    (claimed,) = claim()
    assert isinstance(claimed, api.ClaimedJob)
    assert (str(claimed.job.id), claimed.job.status, claimed.job.attempts) == (result.id, Status.CLAIMED, 1)
    assert claimed.worker_ids == [str(claimed.process_id)]
    assert claimed.claimed_at == claimed.job.claimed_at
    process = rows.get(id=claimed.process_id)
    assert (process.kind, process.backend_alias, process.pid) == ("worker", backend_alias, os.getpid())
    assert process.supervisor_id is None


@pytest.mark.parametrize("form", ["claimed", "job", "id", "text"])
def test_a_claimed_job_is_executed_whatever_names_it(on, claim, execute, form):
    result = on(add).enqueue(1, 2)
    (claimed,) = claim()
    forms = {"claimed": claimed, "job": claimed.job, "id": claimed.job.id, "text": result.id}
    job = execute(forms[form])
    assert isinstance(job, Job)
    assert (job.status, job.return_value, job.attempts) == (Status.SUCCESSFUL, 3, 1)
    result.refresh()
    assert result.return_value == 3


def test_the_process_goes_with_its_last_job(on, claim, execute, rows):
    for _ in range(2):
        on(add).enqueue(1, 2)
    first, second = claim()
    execute(first)
    assert rows.count() == 1
    execute(second)
    assert rows.count() == 0


def test_where_nothing_is_ready_no_process_stays(claim, rows):
    assert claim() == []
    assert rows.count() == 0


def test_coroutine_tasks_run_too(on, claim, execute):
    on(anap).enqueue(0.01)
    assert execute(*claim()).return_value == 0.01


def test_a_task_that_raises_raises_nothing_here(on, claim, execute):
    on(fail).enqueue("the reason")
    job = execute(*claim())
    assert (job.status, job.errors[0]["class"]) == (Status.FAILED, "builtins.ValueError")


def test_a_task_with_attempts_left_is_scheduled_again(on, claim, execute):
    on(third_time).enqueue()
    job = execute(*claim())
    assert (job.status, job.attempts, len(job.errors)) == (Status.SCHEDULED, 1, 1)
    assert job.run_after is not None


def test_ctrl_c_is_recorded_and_gets_out(on, claim, execute, jobs):
    result = on(interrupt).enqueue()
    with pytest.raises(KeyboardInterrupt):
        execute(*claim())
    assert jobs.get(id=result.id).errors[0]["class"] == "builtins.KeyboardInterrupt"


def test_a_freed_slot_is_handed_on(on, claim, execute, jobs):
    _first, second = on(per_account).enqueue("a"), on(per_account).enqueue("a")
    assert jobs.get(id=second.id).status == Status.BLOCKED
    execute(*claim())
    assert jobs.get(id=second.id).status == Status.READY


def test_finished_jobs_that_are_not_kept_are_still_returned(on, claim, execute, jobs, backend_alias):
    entry = settings.TASKS[backend_alias]
    forgetful = {**entry, "OPTIONS": {**entry["OPTIONS"], "preserve_finished_jobs": False}}
    with override_settings(TASKS={**settings.TASKS, backend_alias: forgetful}):
        on(add).enqueue(1, 2)
        job = execute(*claim())
    assert (job.status, job.return_value, job.finished_at is not None) == (Status.SUCCESSFUL, 3, True)
    assert jobs.count() == 0


def test_a_start_is_in_the_row_before_the_task_runs(on, claim, execute, services):
    on(is_marked_as_started).enqueue(services.database.alias)
    assert execute(*claim()).return_value is True


def test_a_task_leaves_no_transaction_behind(on, claim, execute, services):
    on(leave_a_transaction_open).enqueue(services.database.alias)
    assert execute(*claim()).status == Status.SUCCESSFUL
    assert not connections[services.database.alias].in_atomic_block


def test_in_the_callers_transaction_claim_and_outcome_are_part_of_it(on, claim, execute, services, jobs):
    result = on(add).enqueue(1, 2)
    with pytest.raises(RuntimeError), transaction.atomic(using=services.database.alias):
        assert execute(*claim()).status == Status.SUCCESSFUL
        raise RuntimeError
    assert jobs.get(id=result.id).status == Status.READY
    with transaction.atomic(using=services.database.alias):
        execute(*claim())
    assert jobs.get(id=result.id).status == Status.SUCCESSFUL


@pytest.mark.parametrize("job_id", ["nonsense", "", "01890000-0000-7000-8000-000000000000"])
def test_ids_that_name_no_job_are_refused(execute, job_id):
    with pytest.raises(JobNotFound):
        execute(job_id)


def test_jobs_that_nobody_claimed_or_that_ended_are_refused(on, claim, execute):
    result = on(add).enqueue(1, 2)
    with pytest.raises(JobNotFound, match="no claimed job"):
        execute(result.id)
    (claimed,) = claim()
    execute(claimed)
    for form in (claimed, claimed.job, result.id):
        with pytest.raises(JobNotFound, match="no claimed job"):
            execute(form)


def test_jobs_of_another_process_are_not_run_here(on, services, execute, claim, jobs):
    from dj_queue.contract import parse_selector
    from dj_queue.operations.claim import claim as claim_as_worker

    result = on(add).enqueue(1, 2)
    claim_as_worker(services, [parse_selector("*")], 1, uuid4())
    for form in (result.id, jobs.get(id=result.id)):
        with pytest.raises(JobNotFound, match="not by this program"):
            execute(form)
    assert jobs.get(id=result.id).status == Status.CLAIMED


def test_an_old_claim_is_no_licence_to_run_a_new_one(on, claim, execute, services):
    on(add).enqueue(1, 2)
    (old,) = claim()
    recover_process(services, old.process_id, ProcessExitError("given up"))
    (new,) = claim()
    with pytest.raises(JobNotFound, match="another claim"):
        execute(old)
    assert execute(new).status == Status.SUCCESSFUL


def test_a_claim_lost_while_the_job_ran_changes_nothing_and_says_so(on, claim, execute, services, jobs):
    result = on(lose_my_claim).enqueue("x", services.database.alias)
    with pytest.raises(ProcessPrunedError, match="given to another process"):
        execute(*claim())
    row = jobs.get(id=result.id)
    assert (row.status, row.finished_at) == (Status.CLAIMED, None)


def test_a_registered_process_may_hold_the_jobs(on, claim, execute, services, rows):
    process = processes.describe_process(services, "worker", uuid4())
    processes.register(services, process, None, {})
    for form in (process, process.id, rows.get(id=process.id)):
        on(add).enqueue(1, 2)
        (claimed,) = claim(process=form)
        assert claimed.process_id == process.id
        assert execute(claimed).status == Status.SUCCESSFUL
    assert rows.count() == 1


def test_a_process_without_a_row_may_not(on, claim, jobs):
    on(add).enqueue(1, 2)
    with pytest.raises(ProcessMissingError, match="not registered"):
        claim(process=uuid4())
    assert jobs.get().status == Status.READY


def test_a_claim_is_kept_alive_while_it_is_held(on, claim, execute, rows, services, wait_until):
    on(add).enqueue(1, 2)
    (claimed,) = claim()
    rows.update(last_heartbeat_at=datetime.now(UTC) - timedelta(hours=1))
    alive_since = services.dialect.now() - timedelta(seconds=10)
    wait_until(lambda: rows.get(id=claimed.process_id).last_heartbeat_at > alive_since)
    assert recover_silent(services) == 0
    assert execute(claimed).status == Status.SUCCESSFUL


DYING = """
import django
django.setup()
from dj_queue import api
claimed = api.claim_ready_jobs(limit=10, backend_alias={alias!r})
if {starts}:
    api.execute_claimed_job(claimed[0], backend_alias={alias!r})
"""


def die_holding(backend_alias, *, starts):
    code = DYING.format(alias=backend_alias, starts=starts)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False, timeout=180).returncode


def test_what_a_program_held_when_it_ended_is_given_back_uncounted(on, backend_alias, services, rows, jobs):
    result = on(add).enqueue(1, 2)
    assert die_holding(backend_alias, starts=False) == 0
    assert jobs.get(id=result.id).status == Status.CLAIMED
    rows.update(last_heartbeat_at=datetime.now(UTC) - timedelta(hours=1))
    assert recover_silent(services) == 1
    row = jobs.get(id=result.id)
    assert (row.status, row.attempts, rows.count()) == (Status.READY, 0, 0)


def test_what_it_ran_when_it_died_follows_the_policy_for_crashes(on, backend_alias, services, rows, jobs):
    result = on(vanish_once).enqueue(3)
    assert die_holding(backend_alias, starts=True) == 3
    rows.update(last_heartbeat_at=datetime.now(UTC) - timedelta(hours=1))
    assert recover_silent(services) == 1
    assert jobs.get(id=result.id).status == Status.FAILED


def test_attempts_by_hand_are_attempts(on, claim, execute, services):
    on(attempt_number).enqueue()
    (claimed,) = claim()
    recover_process(services, claimed.process_id, ProcessExitError("killed"), {claimed.job.id})
    assert execute(*claim()).return_value == 2


def test_a_forked_child_holds_nothing_of_its_parent(on, claim, execute):
    on(add).enqueue(1, 2)
    (claimed,) = claim()
    for connection in connections.all():
        connection.close()
    pid = os.fork()
    if pid == 0:
        from dj_queue.runtime.hands import hands

        os._exit(1 if hands().holds(claimed.process_id) else 0)
    assert os.waitpid(pid, 0)[1] == 0
    assert execute(claimed).status == Status.SUCCESSFUL
