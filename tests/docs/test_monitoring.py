"""The page on monitoring: its view shows every sample to who may see them, its names are those of samples that there are."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory, override_settings

from dj_queue import api
from dj_queue.api import QueueInfo
from tests.docs import pages
from tests.docs.running import runs
from tests.project import tasks
from tests.runtime.where import only_on_one

PAGE = pages.DOCS / "how-to" / "monitoring.md"
VIEW = pages.file_of(PAGE, "shop/metrics.py")
LINE = re.compile(r'(\w+)\{(?:\w+="(?:[^"\\]|\\.)*",?)*\} (\S+)')


@pytest.fixture
def view(shown):
    (block,) = shown
    names = {}
    exec(compile(block.text, str(PAGE), "exec"), names)
    return names["queue_metrics"]


@runs(VIEW)
@only_on_one("default")
def test_the_view_shows_each_sample_in_a_line(on, view):
    on(tasks.add, queue_name='with "quotes"').enqueue(1, 1)
    QueueInfo("email").pause()
    with override_settings(METRICS_TOKEN="hush"):
        answer = view(RequestFactory().get("/", headers={"Authorization": "Bearer hush"}))
    found = [LINE.fullmatch(line)[1] for line in answer.content.decode().splitlines()]
    assert found == [sample.name for sample in api.metrics()]
    assert set(found) >= {"dj_queue_queue_jobs", "dj_queue_queue_paused", "dj_queue_queue_latency_seconds"}


@runs(VIEW)
@only_on_one("default")
def test_the_view_shows_strangers_nothing(services, view):
    with override_settings(METRICS_TOKEN="hush"), pytest.raises(PermissionDenied):
        view(RequestFactory().get("/"))


def test_samples_and_states_that_it_names_are_those_of_the_reference():
    reference = pages.read(pages.DOCS / "reference" / "observability.md")
    for name in re.findall(r"`(dj_queue_(?:queue|runner)\w+)`", pages.read(PAGE)):
        assert f"`{name}`" in reference
