"""A plugin for the time of one test."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

import pytest

from dj_queue.contract import hookimpl
from dj_queue.exceptions import PluginError
from dj_queue.services import services_for
from dj_queue.testing import plugged, run_jobs
from tests.project import tasks


class Listener:
    def __init__(self):
        self.heard = []

    @hookimpl
    def dj_queue_job_finished(self, jobs):
        self.heard += [(job.task_path, str(outcome.kind)) for job, outcome in jobs]


class Wrong:
    @hookimpl
    def dj_queue_job_finished(self, job):
        """There is no such argument."""


def test_an_object_hears_while_it_is_plugged_in(on, backend_alias):
    listener = Listener()
    with plugged(listener, backend_alias=backend_alias, max_result_bytes=1000) as services:
        assert services.options.max_result_bytes == 1000
        on(tasks.add).enqueue(1, 2)
        run_jobs(backend_alias=backend_alias)
    on(tasks.add).enqueue(1, 2)
    run_jobs(backend_alias=backend_alias)
    assert listener.heard == [("tests.project.tasks.add", "value")]
    assert services_for(backend_alias).options.max_result_bytes != 1000


def test_one_that_does_not_fit_is_refused_and_gone(backend_alias):
    with pytest.raises(PluginError, match=r"takes 'job'"), plugged(Wrong(), backend_alias=backend_alias):
        pass
    services_for(backend_alias).host.require_sound()


class Clerk:
    """Notes when each attempt was due, as it starts and as it ends, and leaves a note in its context."""

    def __init__(self):
        self.heard = []

    @hookimpl
    def dj_queue_job_enqueued(self, jobs):
        self.heard += [("enqueued", job.run_after) for job in jobs]

    @hookimpl
    def dj_queue_job_started(self, job):
        note.set(job.id)
        self.heard.append(("started", job.run_after))

    @hookimpl
    def dj_queue_job_finished(self, jobs):
        self.heard += [("finished", job.run_after) for job, _ in jobs]


note = ContextVar("note", default=None)


def test_listeners_are_told_when_an_attempt_was_due(on, jobs, backend_alias):
    clerk = Clerk()
    due = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    with plugged(clerk, backend_alias=backend_alias):
        on(tasks.add).enqueue(1, 2)
        run_jobs(backend_alias=backend_alias)
        on(tasks.add, run_after=due).enqueue(1, 2)
        run_jobs(backend_alias=backend_alias)
    told = ("enqueued", "started", "finished")
    assert clerk.heard == [*((moment, None) for moment in told), *((moment, due) for moment in told)]


def test_what_a_listener_sets_for_the_context_of_an_attempt_is_gone_with_it(on, backend_alias):
    with plugged(Clerk(), backend_alias=backend_alias):
        on(tasks.add).enqueue(1, 2)
        run_jobs(backend_alias=backend_alias)
    assert note.get() is None
