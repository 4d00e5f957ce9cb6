"""Who speaks for a worker whose task lets no other thread run."""

import pytest

from tests.project import misbehaving
from tests.runtime.where import only_on_one

GOOD_TIME = 120
THRESHOLD = 4
SHORT = f"process_heartbeat_interval: 0.5\nprocess_alive_threshold: {THRESHOLD}\nworkers: [{{queues: '*', threads: 2}}]"


@pytest.mark.fault(6)
@only_on_one("postgres")
def test_a_task_that_starves_the_interpreter_is_not_taken_for_dead(
    on, queue_process, wait_until, ledger, processes, all_finished, log_of
):
    starving = on(misbehaving.starve).enqueue(ledger.folder, 1.5 * THRESHOLD)
    node = queue_process(options=SHORT)
    wait_until(ledger.started, GOOD_TIME)
    (worker,) = processes("worker")
    judge = queue_process("--only-dispatch", options=SHORT)
    wait_until(lambda: all_finished([starving]), GOOD_TIME)
    assert starving.return_value > THRESHOLD
    assert (starving.status, starving.attempts) == ("SUCCESSFUL", 1)
    assert [p.id for p in processes("worker")] == [worker.id]
    assert "taken for dead" not in log_of(node)
    assert "recovered" not in log_of(judge)
