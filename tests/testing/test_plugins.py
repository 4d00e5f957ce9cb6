"""A plugin for the time of one test."""

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
