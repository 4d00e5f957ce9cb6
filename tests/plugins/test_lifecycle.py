"""The plugin behind `dj_queue.hooks`, as the runtime tells it of processes."""

import uuid

import pytest

from dj_queue import hooks
from dj_queue.contract import ProcessInfo
from dj_queue.plugins.broadcasts import Broadcasts
from dj_queue.plugins.loading import load_host


@pytest.fixture(autouse=True)
def _no_callbacks():
    hooks.clear_hooks()
    yield
    hooks.clear_hooks()


@pytest.fixture
def host():
    return load_host(("dj_queue.plugins.lifecycle",), environment={"DJ_QUEUE_PLUGINS": ""})


def process_of(kind):
    return ProcessInfo(uuid.uuid4(), kind, f"{kind}-1", "default", 1, "here")


@pytest.mark.parametrize("kind", ["supervisor", "worker", "dispatcher", "scheduler"])
@pytest.mark.parametrize(
    ("broadcast", "moment"),
    [("process_started", "start"), ("process_stopping", "stop"), ("process_exited", "exit")],
)
def test_callbacks_run_at_the_moments_of_their_kind_of_process_alone(host, kind, broadcast, moment):
    heard = []
    for event in hooks.EVENTS:
        hooks.register_hook(event, lambda process, event=event: heard.append((event, process)))
    process = process_of(kind)

    facts = {"samples": list} if moment == "start" else {}
    getattr(Broadcasts.of(host), broadcast)(process=process, **facts)

    assert heard == [(f"{kind}.{moment}", process)]


def test_a_failing_callback_is_logged_by_name_counted_and_reported_and_the_rest_run(host, caplog):
    heard, told = [], []

    def broken(process):
        raise ValueError("no luck")

    hooks.on_worker_start(broken)
    hooks.on_worker_start(heard.append)
    process = process_of("worker")

    Broadcasts.of(host, told.append).process_started(process=process, samples=list)

    assert heard == [process]
    assert host.failures() == {("lifecycle", "dj_queue_process_started"): 1}
    assert "raised by the worker.start callback" in caplog.text
    assert "broken" in caplog.text
    assert [str(error) for group in told for error in group.exceptions] == ["no luck"]


def test_a_kind_of_process_without_events_is_ignored(host):
    Broadcasts.of(host).process_started(process=process_of("dashboard"), samples=list)

    assert host.failures() == {}
