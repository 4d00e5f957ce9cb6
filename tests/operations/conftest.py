"""What tests of operations need: other options, ears, statements, threads, and claims in one word."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import deepcopy
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connections
from django.tasks import signals
from django.test import override_settings

from dj_queue.contract import parse_selector
from dj_queue.operations import processes
from dj_queue.operations.claim import claim
from dj_queue.services import services_for
from tests.operations import listener


@pytest.fixture
def configure(backend_alias):
    """`configure(**options)` is what serves the backend alias with these options, until the test ends."""
    overrides = []

    def configured(**options):
        tasks = deepcopy(settings.TASKS)
        tasks[backend_alias]["OPTIONS"].update(options)
        override = override_settings(TASKS=tasks)
        override.enable()
        overrides.append(override)
        return services_for(backend_alias)

    yield configured
    for override in reversed(overrides):
        override.disable()


@pytest.fixture
def heard(backend_alias, configure):
    """What hooks and wakeup transports of the backend alias are told."""
    listener.forget()
    listener.transport.error = None
    plugins = settings.TASKS[backend_alias]["OPTIONS"].get("plugins", [])
    configure(plugins=[*plugins, "tests.operations.listener"])
    return listener.heard


@pytest.fixture
def services(request, backend_alias):
    """What serves the backend alias, with the plugin that hears where the test asks for it."""
    if "heard" in request.fixturenames:
        request.getfixturevalue("heard")
    return services_for(backend_alias)


@pytest.fixture
def signalled():
    """The task signals that were sent: (name, id, status), in order."""
    sent = []
    receivers = {}
    for name in ("task_enqueued", "task_started", "task_finished"):

        def remember(sender, task_result, name=name, **kwargs):
            sent.append((name, task_result.id, str(task_result.status)))

        receivers[name] = remember
        getattr(signals, name).connect(remember)
    yield sent
    for name, receiver in receivers.items():
        getattr(signals, name).disconnect(receiver)


@pytest.fixture
def statements(services):
    """`with statements() as seen:` collects every statement the queue's database gets from this thread."""

    @contextmanager
    def watching():
        connection = connections[services.database.alias]
        connection.ensure_connection()
        seen = []
        if connection.vendor == "sqlite":
            connection.connection.set_trace_callback(seen.append)
            try:
                yield seen
            finally:
                connection.connection.set_trace_callback(None)
        else:
            # Django's own log has no text of a statement that the server keeps prepared.
            def listen(execute, sql, params, many, context):
                seen.append(str(sql))
                return execute(sql, params, many, context)

            with connection.execute_wrapper(listen):
                yield seen

    return watching


@pytest.fixture
def at_once():
    """`at_once(*works)` runs them in threads of their own and returns what they returned."""

    def run(work):
        try:
            return work()
        finally:
            connections.close_all()

    def run_all(*works):
        with ThreadPoolExecutor(len(works)) as pool:
            return [future.result() for future in [pool.submit(run, work) for work in works]]

    return run_all


@pytest.fixture
def take(services):
    """`take(*selectors)` claims jobs of these queues, of all when none are named."""

    def taken(*selectors, limit=10, process_id=None):
        wanted = [parse_selector(text) for text in selectors or ("*",)]
        return claim(services, wanted, limit, process_id or uuid4())

    return taken


@pytest.fixture
def register(services):
    """`register()` is a registered worker process; `silent=True` for one that has sent no heartbeat for long."""

    def registered(kind="worker", *, silent=False):
        process = processes.describe_process(services, kind, uuid4())
        processes.register(services, process, None, {})
        if silent:
            row = processes.Process.objects.using(services.database.alias).filter(id=process.id)
            row.update(last_heartbeat_at=datetime(2020, 1, 1, tzinfo=UTC))
        return process.id

    return registered


@pytest.fixture
def worker(services):
    """`worker("email", threads=2)` registers a live worker and gives its process."""

    def write(*queues, threads=3):
        process = processes.describe_process(services, "worker", uuid4())
        metadata = {"queues": list(queues or ["*"]), "threads": threads}
        processes.register(services, process, uuid4(), metadata)
        return process

    return write
