"""Everything at once: producers, workers, the dispatcher and an operator on few keys, and no job is lost."""

import threading
from functools import partial
from uuid import uuid4

import pytest
from django.db import transaction

from dj_queue.contract import Status
from dj_queue.exceptions import ProcessExitError
from dj_queue.operations import cleanup, concurrency, queues
from dj_queue.operations import jobs as job_operations
from dj_queue.operations.finish import finish
from dj_queue.operations.promote import promote_due
from dj_queue.operations.recover import recover_process
from tests.operations.outcomes import failure, release, retry, success
from tests.project import tasks

pytestmark = pytest.mark.every_server

PRODUCERS = 3
ROUNDS = 8
JOBS_A_ROUND = 4
ENDINGS = (success, failure, release, retry, success)


class Crowd:
    """Who works on the queue until every job has ended well."""

    def __init__(self, services, on, take, jobs):
        self.services, self.on, self.take, self.jobs = services, on, take, jobs
        self.produced = threading.Barrier(PRODUCERS)
        self.is_produced = threading.Event()

    def is_done(self):
        return self.is_produced.is_set() and not self.jobs.exclude(status=Status.SUCCESSFUL).exists()

    def produce(self):
        add, per_account = self.on(tasks.add), self.on(tasks.per_account)
        for _ in range(ROUNDS):
            per_account.enqueue(0)
            with transaction.atomic(using=self.services.database.alias):
                per_account.enqueue(1)
                add.using(run_after=self.services.dialect.now()).enqueue(1, 1)
                per_account.enqueue(0)
        self.produced.wait(180)
        self.is_produced.set()

    def work(self, crashes=0):
        process_id, number = uuid4(), 0
        while not self.is_done():
            held = self.take(limit=4, process_id=process_id)
            if held and crashes:
                crashes -= 1
                recover_process(self.services, process_id, ProcessExitError("gone"), {held[0].id})
            finish(self.services, [ENDINGS[(number + i) % 5](job) for i, job in enumerate(held)])
            number += 1

    def dispatch(self):
        while not self.is_done():
            promote_due(self.services, 5)
            concurrency.sweep(self.services)
            concurrency.forget_unused(self.services)
            cleanup.prune_jobs(self.services, Status.FAILED, 3600.0)

    def operate(self):
        while not self.is_done():
            job_operations.retry_failed_jobs(batch_size=3, backend_alias=self.services.alias)
            queues.pause(self.services, "default")
            queues.resume(self.services, "default")


@pytest.mark.fault(25)
@pytest.mark.slow
def test_no_job_is_lost_stuck_or_doubled_and_no_deadlock_is_seen(services, on, take, jobs, at_once):
    crowd = Crowd(services, on, take, jobs)
    works = [partial(crowd.work, crashes=2), crowd.work, crowd.dispatch, crowd.operate]
    at_once(*[crowd.produce] * PRODUCERS, *works)
    assert set(jobs.values_list("status", flat=True)) == {Status.SUCCESSFUL}
    assert jobs.count() == PRODUCERS * ROUNDS * JOBS_A_ROUND
