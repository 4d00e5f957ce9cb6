"""`manage.py dj_queue_health`: when it says that all is well, and why it says that it is not."""

from datetime import timedelta
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command

from dj_queue import __version__
from dj_queue.models import Process
from tests.management.conftest import one_backend
from tests.project.tasks import add, per_account


@pytest.fixture
def running(register):
    """A supervisor with a worker and a dispatcher, all alive."""
    return [register(kind, queues=["*"], threads=3) for kind in ("supervisor", "worker", "dispatcher")]


def test_live_processes_are_healthy_in_one_line(call, running, backend_alias):
    said = call("dj_queue_health")
    assert said.startswith(f"backend {backend_alias!r} is healthy: 1 dispatcher, 1 supervisor, 1 worker")
    assert "\n" not in said


def test_a_real_runtime_is_healthy_from_its_start_to_its_end(
    queue_process, manage, backend_alias, wait_until
):
    process = queue_process()
    wait_until(lambda: manage("dj_queue_health", "--backend", backend_alias).returncode == 0)
    deep = manage("dj_queue_health", "--backend", backend_alias, "--deep", "--require-version", __version__)
    assert (deep.returncode, deep.stderr) == (0, "")
    process.terminate()
    assert process.wait(60) == 0
    after = manage("dj_queue_health", "--backend", backend_alias)
    assert (after.returncode, after.stdout) == (1, "")
    assert after.stderr.strip() == (
        f"Unhealthy: backend {backend_alias!r}: no process is registered; start one with `manage.py dj_queue`"
    )


def test_silent_processes_are_not(call, register):
    register("supervisor", age=120)
    worker = register("worker", age=90)
    with pytest.raises(
        CommandError, match=rf"every process is silent: .* of {worker.name}, is 9\d s old and 5 s"
    ):
        call("dj_queue_health")


def test_max_age_says_what_is_silent(call, register):
    register("worker", age=90)
    assert "1 worker" in call("dj_queue_health", "--max-age", "100")
    with pytest.raises(CommandError, match="30 s are allowed"):
        call("dj_queue_health", "--max-age", "30")


def test_silent_processes_beside_live_ones_do_no_harm(call, running, register):
    register("worker", age=90)
    assert "1 worker;" in call("dj_queue_health")


def test_without_a_worker_no_job_runs(call, register):
    register("supervisor")
    register("dispatcher")
    with pytest.raises(CommandError, match="no worker is alive, only 1 dispatcher, 1 supervisor"):
        call("dj_queue_health")


def test_a_claim_by_hand_is_no_runtime(call, register):
    register("worker", is_supervised=False)
    with pytest.raises(CommandError, match="no process is registered"):
        call("dj_queue_health")


def test_processes_of_another_backend_do_not_count(call, running, services):
    Process.objects.using(services.database.alias).update(backend_alias="another")
    with pytest.raises(CommandError, match="no process is registered"):
        call("dj_queue_health")


def test_the_required_version_is_compared_with_what_runs(call, running, register):
    call("dj_queue_health", "--require-version", __version__)
    with pytest.raises(CommandError, match=f"runs dj_queue {__version__}, not 99.0"):
        call("dj_queue_health", "--require-version", "99.0")
    old = register("worker", version="0.9")
    with pytest.raises(CommandError, match=f"{old.name} runs dj_queue 0.9, not {__version__}"):
        call("dj_queue_health", "--require-version", __version__)


def test_a_row_with_odd_metadata_is_read_as_far_as_it_goes(call, running, services):
    rows = Process.objects.using(services.database.alias).filter(kind="worker")
    for metadata in ([], {"queues": "all", "threads": "many"}, {"queues": [5, None, "a*b*"]}):
        rows.update(metadata=metadata)
        assert "healthy" in call("dj_queue_health")
        with pytest.raises(CommandError, match="of an unknown version"):
            call("dj_queue_health", "--require-version", __version__)


@pytest.mark.parametrize("age", ["0", "-1", "nan", "inf", "1e400", "soon", ""])
def test_ages_that_mean_nothing_are_refused(call, age):
    with pytest.raises(CommandError, match=r"--max-age: .*use seconds above 0, 315360000 at most"):
        call("dj_queue_health", f"--max-age={age}")


def test_an_unmigrated_database_is_named_with_what_to_run(manage, backend_alias, services, empty_database):
    done = manage("dj_queue_health", "--backend", backend_alias, **empty_database)
    assert done.returncode == 1
    alias = services.database.alias
    assert f"database {alias!r} lacks the migrations dj_queue.0001" in done.stderr
    assert f"run `manage.py migrate dj_queue --database {alias}`" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_does_not_answer_is_named(manage, backend_alias, services, silent_database):
    done = manage("dj_queue_health", "--backend", backend_alias, **silent_database)
    assert done.returncode == 1
    assert f"database {services.database.alias!r} does not answer: " in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_backend_that_there_is_not_is_named(manage):
    done = manage("dj_queue_health", "--backend", "nosuch")
    assert (done.returncode, done.stdout) == (1, "")
    assert "TASKS has no backend alias 'nosuch'" in done.stderr


def test_without_deep_stuck_jobs_are_not_looked_for(call, running, on, jobs):
    on(add).enqueue(1, 1)
    jobs.update(status="claimed", process_id=uuid4())
    assert "healthy" in call("dj_queue_health")


@one_backend
def test_deep_names_everything_that_is_stuck(call, running, on, jobs, services):
    late = services.dialect.now() - timedelta(hours=1)
    claimed, scheduled = on(add).enqueue(1, 1), on(add).enqueue(1, 1)
    jobs.filter(id=claimed.id).update(status="claimed", process_id=uuid4())
    jobs.filter(id=scheduled.id).update(status="scheduled", run_after=late)
    with pytest.raises(CommandError) as refused:
        call("dj_queue_health", "--deep")
    lines = str(refused.value).splitlines()
    assert len(lines) == 2
    assert "which has no row" in lines[0]
    assert f"job {scheduled.id} was due 36" in lines[1]


@one_backend
def test_tables_that_are_missing_though_their_migrations_are_recorded_are_named_with_a_way_out(
    manage, empty_database
):
    def migrate(*arguments):
        assert manage("migrate", "dj_queue", *arguments, "--verbosity", "0", **empty_database).returncode == 0

    migrate("--fake")
    done = manage("dj_queue_health", **empty_database)
    assert done.returncode == 1
    assert "has no table dj_queue_job though its migrations are recorded" in done.stderr
    assert (
        "`manage.py migrate dj_queue zero --fake --database default`, then `manage.py migrate" in done.stderr
    )
    migrate("zero", "--fake")
    migrate()
    assert "no process is registered" in manage("dj_queue_health", **empty_database).stderr


@one_backend
def test_deep_names_what_stands_around_the_queue_too(call, running, services, on, jobs):
    worker = next(process for process in running if process.kind == "worker")
    on(add).enqueue(1, 1)
    late = services.dialect.now() - timedelta(hours=1)
    jobs.update(status="claimed", attempts=1, process_id=worker.id, claimed_at=late)
    with pytest.raises(
        CommandError, match=f"{worker.name} claimed jobs 36.* neither started nor given them back"
    ):
        call("dj_queue_health", "--deep")


@pytest.mark.of_the_runtime
@pytest.mark.fault(59)
def test_repair_says_line_by_line_what_it_did_and_ends_well(call, running, on, jobs, surgeon):
    claimed, scheduled, first, _second = (
        on(add).enqueue(1, 1),
        on(add).enqueue(1, 1),
        on(per_account).enqueue("a"),
        on(per_account).enqueue("a"),
    )
    sql = "UPDATE dj_queue_job SET status = 'claimed', attempts = 1, process_id = %s WHERE id = %s"
    surgeon.run(sql, uuid4(), UUID(claimed.id))
    sql = "UPDATE dj_queue_job SET status = 'scheduled', run_after = %s WHERE id = %s"
    surgeon.run(sql, surgeon.ago(3600), UUID(scheduled.id))
    surgeon.run("DELETE FROM dj_queue_job WHERE id = %s", UUID(first.id))
    with pytest.raises(CommandError) as refused:
        call("dj_queue_health", "--deep", "--max-age", "60")
    assert len(str(refused.value).splitlines()) == 3
    *lines, last = call("dj_queue_health", "--repair", "--max-age", "60").splitlines()
    assert [line.split(": ")[0] for line in lines] == ["repaired"] * 3
    assert "which has no row: 1 job went back" in lines[0]
    assert "blocked beside a free slot: 1 job got in" in lines[1]
    assert "no dispatcher promotes: 1 job became ready" in lines[2]
    assert "is healthy" in last
    assert list(jobs.values_list("status", flat=True)) == ["ready"] * 3
    assert call("dj_queue_health", "--deep", "--max-age", "60").count("\n") == 0
    assert call("dj_queue_health", "--repair", "--max-age", "60").count("\n") == 0


@pytest.mark.fault(59)
@one_backend
def test_repair_leaves_the_rest_with_a_reason_and_ends_with_1(running, on, services, surgeon):
    Process.objects.using(services.database.alias).update(metadata={"queues": ["email"], "threads": 3})
    reports, held = on(add, queue_name="reports").enqueue(1, 1), on(add, queue_name="email").enqueue(1, 1)
    sql = "UPDATE dj_queue_job SET enqueued_at = %s WHERE id = %s"
    surgeon.run(sql, surgeon.ago(3600), UUID(reports.id))
    sql = "UPDATE dj_queue_job SET status = 'claimed', attempts = 1, process_id = %s WHERE id = %s"
    surgeon.run(sql, uuid4(), UUID(held.id))
    out = StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("dj_queue_health", "--repair", "--max-age", "60", stdout=out)
    assert refused.value.returncode == 1
    repaired, left = out.getvalue().splitlines()
    assert repaired.startswith("repaired: jobs are claimed by process ")
    assert left.startswith("left: job ")
    assert "which no live worker selects: start a worker that selects the queue" in left
    assert "in queue 'reports', which no live worker selects" in str(refused.value)


@pytest.mark.fault(59)
@one_backend
def test_repair_works_without_a_live_process_and_says_that_there_is_none(call, on, jobs, surgeon):
    on(add).enqueue(1, 1)
    surgeon.run("UPDATE dj_queue_job SET status = 'claimed', attempts = 1, process_id = %s", uuid4())
    with pytest.raises(CommandError, match="no process is registered"):
        call("dj_queue_health", "--repair", "--max-age", "60")
    assert jobs.get().status == "ready"
