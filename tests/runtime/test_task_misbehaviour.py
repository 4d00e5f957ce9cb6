"""Nothing a task, a receiver or a hook does ends the runtime or reaches the next job."""

import pytest

from tests.project import misbehaving, tasks
from tests.runtime.where import only_on, only_on_one

GOOD_TIME = 120
ONE_THREAD = "workers: [{queues: '*', threads: 1}]"
UNTOUCHED = {
    "readable": True,
    "autocommit": True,
    "in_transaction": False,
    "changed": 0,
    "language": "en-us",
    "time zone": "America/New_York",
}


def classes(results):
    return [result.errors[-1].exception_class_path for result in results]


@pytest.mark.fault(8, 9, 10)
def test_whatever_a_task_raises_is_recorded_and_its_worker_goes_on(
    on, queue_process, wait_until, processes, all_finished
):
    names = ["KeyboardInterrupt", "GeneratorExit", "StopIteration", "MemoryError", "BaseException"]
    raised = [on(misbehaving.raise_by_name).enqueue(name) for name in names]
    others = [
        on(tasks.leave).enqueue(3),
        on(misbehaving.recurse).enqueue(),
        on(misbehaving.raise_a_long_chain).enqueue(3000),
        on(misbehaving.raise_a_group).enqueue(1000),
        on(misbehaving.raise_hostile).enqueue(),
        on(misbehaving.return_too_much).enqueue(),
    ]
    good = on(tasks.add).enqueue(1, 1)
    queue_process(options=ONE_THREAD)
    wait_until(lambda: processes("worker"), GOOD_TIME)
    (worker,) = processes("worker")
    wait_until(lambda: all_finished([*raised, *others, good]), GOOD_TIME)
    assert classes(raised) == [f"builtins.{name}" for name in names]
    assert classes(others) == [
        "builtins.SystemExit",
        "builtins.RecursionError",
        "builtins.ValueError",
        "builtins.ExceptionGroup",
        "Hostile",
        "dj_queue.exceptions.ResultNotStorable",
    ]
    assert all(len(result.errors[0].traceback) <= 65 * 1024 for result in others)
    assert {result.status for result in [*raised, *others]} == {"FAILED"}
    assert good.return_value == 2
    assert [p.id for p in processes("worker")] == [worker.id]


@pytest.mark.fault(44)
def test_nothing_a_task_leaves_behind_reaches_the_next_one(
    on, services, queue_process, wait_until, processes, all_finished
):
    database = services.database.alias
    bad = [
        misbehaving.leave_a_transaction_open,
        misbehaving.leave_a_broken_transaction,
        misbehaving.turn_autocommit_off,
        misbehaving.close_the_connection,
    ]
    looks = []
    for task in bad:
        looks += [on(task).enqueue(database), on(misbehaving.look_around).enqueue(database)]
    looks += [on(misbehaving.activate_another_world).enqueue(), on(misbehaving.look_around).enqueue(database)]
    queue_process(options=ONE_THREAD)
    wait_until(lambda: all_finished(looks), GOOD_TIME)
    assert [look.return_value for look in looks[1::2]] == [UNTOUCHED] * 5
    assert len(processes("worker")) == 1


@pytest.mark.fault(50)
@only_on("default", "postgres")
def test_the_loop_survives_its_tasks(on, services, queue_process, wait_until, processes, all_finished):
    database = services.database.alias
    failing = [
        on(misbehaving.cancel_itself).enqueue(),
        on(misbehaving.leave_the_loop).enqueue(),
        on(misbehaving.run_a_loop_inside).enqueue(),
        on(misbehaving.use_the_orm_at_once).enqueue(database),
    ]
    fine = [
        on(misbehaving.leave_the_shared_thread_in_a_transaction).enqueue(database),
        on(misbehaving.stop_the_loop).enqueue(),
        on(misbehaving.leak_a_task_that_exits).enqueue(),
    ]
    queue_process()
    wait_until(lambda: all_finished([*failing, *fine]), GOOD_TIME)
    after = [
        on(tasks.anap).enqueue(0),
        on(misbehaving.use_the_orm_politely).enqueue(database),
        on(misbehaving.run_once).enqueue(),
    ]
    wait_until(lambda: all_finished(after), GOOD_TIME)
    assert classes(failing) == [
        "asyncio.exceptions.CancelledError",
        "builtins.SystemExit",
        "builtins.RuntimeError",
        "django.core.exceptions.SynchronousOnlyOperation",
    ]
    assert {result.status for result in fine} == {"SUCCESSFUL"}
    assert [result.return_value for result in after] == [0, True, "ran"]
    assert len(processes("worker")) == 1


@pytest.mark.fault(51)
@pytest.mark.parametrize("mode", ["fork", "async"])
@only_on_one("mysql")
def test_receivers_and_hooks_that_fail_change_no_outcome(
    on, queue_process, wait_until, processes, all_finished, log_of, monkeypatch, mode
):
    monkeypatch.setenv("DJ_QUEUE_TEST_PLUGINS", "tests.project.bad_listener")
    results = [
        on(tasks.add).enqueue(1, 1),
        on(tasks.fail).enqueue("its own error"),
        on(tasks.anap).enqueue(0),
        on(tasks.third_time).enqueue(),
        on(misbehaving.run_once).enqueue(),
    ]
    process = queue_process("--mode", mode, options=ONE_THREAD)
    wait_until(lambda: all_finished(results), GOOD_TIME)
    assert [result.status for result in results] == ["SUCCESSFUL", "FAILED"] + ["SUCCESSFUL"] * 3
    assert classes(results[1:2]) == ["builtins.ValueError"]
    assert len(processes("worker")) == 1
    process.terminate()
    assert process.wait(GOOD_TIME) == 0
    assert "a receiver of a task signal ended the others" in log_of(process)
    assert "bad_listener" in log_of(process)


@pytest.mark.fault(8)
@only_on_one("postgres")
def test_leaving_the_process_is_a_lost_attempt_whatever_the_exit_code(
    on, queue_process, wait_until, all_finished
):
    result = on(tasks.vanish_once).enqueue(0)
    queue_process()
    wait_until(lambda: all_finished([result]), GOOD_TIME)
    assert (result.status, result.attempts) == ("FAILED", 1)
    assert classes([result]) == ["dj_queue.exceptions.ProcessExitError"]
    assert "exited with code 0" in result.errors[0].traceback
