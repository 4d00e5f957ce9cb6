"""A plugin that does not return takes the thread that told it, and is named; the others go on."""

from tests.project import tasks
from tests.project.hanging_listener import VARIABLE
from tests.runtime.where import only_on_one

GOOD_TIME = 120


@only_on_one("default")
def test_a_listener_that_hangs_is_named_and_other_jobs_run(
    on, queue_process, wait_until, log_of, tmp_path, monkeypatch, all_finished
):
    gate = tmp_path / "gate"
    monkeypatch.setenv(VARIABLE, str(gate))
    queue = queue_process(options="plugins: [tests.project.hanging_listener]\nworkers: [{threads: 2}]")
    held = on(tasks.add, queue_name="hangs").enqueue(1, 1)
    wait_until(lambda: "has not returned from dj_queue_job_started for 10 s" in log_of(queue), GOOD_TIME)
    assert 'plugin "tests.project.hanging_listener"' in log_of(queue)
    others = [on(tasks.add).enqueue(number, 1) for number in range(10)]
    wait_until(lambda: all_finished(others), GOOD_TIME)
    gate.touch()
    wait_until(lambda: all_finished([held]), GOOD_TIME)
