"""What is done to jobs all the time: for each work a preparation that gives the part to be watched."""

from datetime import timedelta
from uuid import uuid4

from dj_queue.contract import Status, parse_selector
from dj_queue.operations import concurrency, jobs, processes, queues
from dj_queue.operations.anomalies import anomalies
from dj_queue.operations.claim import claim
from dj_queue.operations.finish import finish
from dj_queue.operations.promote import promote_due, seconds_until_due
from dj_queue.operations.recover import recover_ownerless, recover_silent
from tests.dialects import backlog
from tests.operations.outcomes import failure, success
from tests.project import tasks


def take(services, *selectors, limit=backlog.BATCH):
    return claim(services, [parse_selector(text) for text in selectors], limit, uuid4())


def on(services, task):
    return task.using(backend=services.alias)


def ends(services):
    held = take(services, "*")
    return lambda: finish(services, [success(job) if n else failure(job) for n, job in enumerate(held)])


def lost(services):
    process = processes.describe_process(services, "worker", uuid4())
    processes.register(services, process, None, {})
    claim(services, [parse_selector("email*")], backlog.BATCH, process.id)
    rows = processes.Process.objects.using(services.database.alias)
    rows.update(last_heartbeat_at=services.dialect.now() - timedelta(days=1))
    return lambda: (recover_silent(services), recover_ownerless(services))


WORK = {
    "enqueue": lambda services: lambda: on(services, tasks.add).enqueue(1, 1),
    "claim from all": lambda services: lambda: take(services, "*"),
    "claim from a prefix": lambda services: lambda: take(services, "email*"),
    "claim from prefixes": lambda services: lambda: take(services, "work-01*", "email*"),
    "claim from one queue": lambda services: lambda: take(services, "work-001", limit=3),
    "claim from names": lambda services: lambda: take(services, "work-003", "email-004", "a-007", limit=3),
    "claim from a paused queue": lambda services: lambda: take(services, "a-001"),
    "claim from where nothing is": lambda services: lambda: take(services, "zzz*"),
    "finish": ends,
    "promote": lambda services: lambda: (promote_due(services, backlog.BATCH), seconds_until_due(services)),
    "recover": lost,
    "prune": lambda services: (
        lambda: services.dialect.prune(
            services.alias, Status.SUCCESSFUL, services.dialect.now(), backlog.BATCH
        )
    ),
    "admit": lambda services: lambda: services.dialect.admit(["0" * 63 + "1", "0" * 63 + "2"]),
    "sweep": lambda services: lambda: concurrency.sweep(services),
    "forget": lambda services: lambda: concurrency.forget_unused(services),
    "name the queues": lambda services: lambda: queues.names(services),
    "measure a wait": lambda services: lambda: queues.latency(services, "email-002"),
    "measure all waits": lambda services: lambda: queues.latencies(services),
    "look for what is stuck": lambda services: lambda: list(anomalies(services, [], 60.0)),
    "find one by its id": lambda services: (
        lambda: jobs.retry_failed_jobs(job_ids=[uuid4()], backend_alias=services.alias)
    ),
}
