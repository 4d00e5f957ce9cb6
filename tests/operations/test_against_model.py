"""Any order of operations leaves every job where a queue in plain Python would have it."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from dj_queue.contract import OutcomeKind, Status, parse_selector
from dj_queue.exceptions import ProcessExitError
from dj_queue.models import Job, Pause, Semaphore
from dj_queue.operations import jobs, queues
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import finish
from dj_queue.operations.promote import promote_due
from dj_queue.operations.recover import recover_process
from dj_queue.services import services_for
from tests.operations.model import Model, ModelJob
from tests.operations.outcomes import failure, outcome, release, retry, success
from tests.project import tasks

pytestmark = pytest.mark.every_server

QUEUES = ["a", "a_b", "A"]
PAST = datetime(2020, 1, 1, tzinfo=UTC)
ENDINGS = {"successful": success, "failed": failure, "scheduled": retry}

queue_names = st.sampled_from(QUEUES)
priorities = st.integers(-1, 1)
keys = st.sampled_from([None, None, "x", "y"])
picks = st.integers(0, 1000)


class QueueMachine(RuleBasedStateMachine):
    """Operations on a stored queue, each followed by the same on the model."""

    alias = "default"

    def __init__(self):
        super().__init__()
        self.services = services_for(self.alias)
        self.rows = Job.objects.using(self.services.database.alias)
        self.teardown()
        self.model = Model()
        self.held = {}
        self.stale = []

    def teardown(self):
        for table in (Job, Pause, Semaphore):
            table.objects.using(self.services.database.alias).all().delete()

    @rule(queue=queue_names, priority=priorities, key=keys, is_due_later=st.booleans())
    def enqueue(self, queue, priority, key, is_due_later):
        task, args = (tasks.add, (1, 2)) if key is None else (tasks.per_account, (key,))
        due = PAST if is_due_later else None
        task = task.using(backend=self.alias, queue_name=queue, priority=priority, run_after=due)
        result = task.enqueue(*args)
        status = "scheduled" if is_due_later else "ready" if key is None else "blocked"
        self.model.add(ModelJob(result.id, queue, priority, key, status))

    @rule(wanted=st.lists(st.sampled_from([*QUEUES, "*"]), min_size=1, max_size=3), limit=st.integers(1, 4))
    def claim(self, wanted, limit):
        selectors = [parse_selector(text) for text in wanted]
        taken = claim(self.services, selectors, limit, uuid4())
        assert [str(job.id) for job in taken] == self.model.claim(wanted, limit)
        for job in taken:
            assert (job.attempt, job.lost) == self.model.jobs[str(job.id)].facts[2:]
            self.held[str(job.id)] = job

    @precondition(lambda self: self.held)
    @rule(pick=picks, ending=st.sampled_from(sorted(ENDINGS)))
    def end(self, pick, ending):
        job = self._let_go(pick)
        assert finish(self.services, [ENDINGS[ending](job)]).recorded == {job.id}
        self.model.end(str(job.id), ending)

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def give_back(self, pick):
        job = self._let_go(pick)
        finish(self.services, [release(job)])
        self.model.give_back(str(job.id))

    @precondition(lambda self: self.held)
    @rule(pick=picks)
    def interrupt(self, pick):
        job = self._let_go(pick)
        begun = outcome(job, OutcomeKind.RELEASE, Status.READY, started_at=PAST)
        assert finish(self.services, [begun]).recorded == {job.id}
        self.model.jobs[str(job.id)].status = "ready"

    @precondition(lambda self: self.held)
    @rule(pick=picks, had_started=st.booleans())
    def crash(self, pick, had_started):
        job = self._let_go(pick)
        others = [other for other in self.held.values() if other.process_id == job.process_id]
        started = {job.id} if had_started else set()
        count = recover_process(self.services, job.process_id, ProcessExitError("gone"), started)
        assert count == 1 + len(others)
        (self.model.lose if had_started else self.model.give_back)(str(job.id))
        for other in others:
            self.stale.append(self.held.pop(str(other.id)))
            self.model.give_back(str(other.id))

    @precondition(lambda self: self.stale)
    @rule(pick=picks, ending=st.sampled_from(sorted(ENDINGS)))
    def end_too_late(self, pick, ending):
        job = self.stale[pick % len(self.stale)]
        assert finish(self.services, [ENDINGS[ending](job)]).fenced == {job.id}

    @rule()
    def promote(self):
        assert promote_due(self.services, 100) == len(self.model.of("scheduled"))
        self.model.promote()

    @rule(queue=queue_names)
    def pause(self, queue):
        assert queues.pause(self.services, queue) is (queue not in self.model.paused)
        self.model.paused.add(queue)

    @rule(queue=queue_names)
    def resume(self, queue):
        assert queues.resume(self.services, queue) is (queue in self.model.paused)
        self.model.paused.discard(queue)

    @rule()
    def retry_failed(self):
        count = jobs.retry_failed_jobs(backend_alias=self.alias, batch_size=2)
        assert count == self.model.retry_failed()

    @rule(queue=queue_names)
    def clear(self, queue):
        assert queues.clear(self.services, queue, batch_size=2) == self.model.discard_ready(queue)

    @invariant()
    def rows_are_as_the_model_says(self):
        rows = self.rows.order_by("id").values_list("id", "status", "attempts", "lost")
        assert [(str(job_id), *facts) for job_id, *facts in rows] == self.model.facts

    def _let_go(self, pick):
        job = self.held.pop(sorted(self.held)[pick % len(self.held)])
        self.stale.append(job)
        return job


@pytest.mark.parametrize("alias", ["default", "portable"])
def test_any_order_of_operations_agrees_with_the_model(alias):
    machine = type("Machine", (QueueMachine,), {"alias": alias})
    steps = settings(
        max_examples=30,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=True,
    )
    run_state_machine_as_test(machine, settings=steps)
