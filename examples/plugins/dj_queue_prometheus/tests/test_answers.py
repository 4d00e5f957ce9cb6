"""Scrapes are answered over HTTP by one process at a time, with the queue's own gauges."""

import subprocess
import sys
import time
from urllib.request import urlopen
from uuid import uuid4

import pytest
from tasks import add

from dj_queue.contract import ProcessInfo, Sample
from dj_queue_prometheus import configuration, directory
from dj_queue_prometheus.configuration import Address
from dj_queue_prometheus.endpoint import Endpoint
from dj_queue_prometheus.samples import families

PATIENCE = 90


def process(kind="dispatcher", alias="default"):
    return ProcessInfo(uuid4(), kind, f"{kind}-1", alias, 1, "here")


def until(answers):
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return answers()
        except (OSError, AssertionError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture
def address():
    import socket

    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield Address("127.0.0.1", keeper.getsockname()[1])


@pytest.fixture
def read(address, scrape):
    def get():
        with urlopen(f"http://{address.host}:{address.port}/metrics", timeout=PATIENCE) as answer:
            return scrape(answer.read().decode())

    return get


def test_a_scrape_shows_counts_and_the_samples_of_that_moment(address, read):
    depth = iter([3.0, 4.0])
    endpoint, actor = Endpoint(), process()
    add.using(queue_name="shown").enqueue(1, 2)
    endpoint.join(actor, lambda: [Sample("depth", next(depth), labels={"queue": "a"})], address)
    try:
        first = until(read)
        assert first("depth", queue="a") == 3
        assert first("dj_queue_samples_readable", backend="default") == 1
        assert first("dj_queue_jobs_enqueued_total", task="tasks.add", queue="shown") == 1
        assert read()("depth", queue="a") == 4
    finally:
        endpoint.leave(actor)


def test_samples_that_cannot_be_read_leave_the_counts_and_say_so(address, read):
    def fail():
        raise OSError("the database is away")

    endpoint, actor = Endpoint(), process()
    add.using(queue_name="shown anyway").enqueue(1, 2)
    endpoint.join(actor, fail, address)
    try:
        seen = until(read)
        assert seen("dj_queue_samples_readable", backend="default") == 0
        assert seen("dj_queue_jobs_enqueued_total", task="tasks.add", queue="shown anyway") == 1
    finally:
        endpoint.leave(actor)


def test_another_process_answers_once_the_first_has_left(address, read):
    first, second = Endpoint(), Endpoint()
    one, other = process(), process()
    first.join(one, lambda: [Sample("answered_by_first", 1.0)], address)
    until(read)
    second.join(other, lambda: [Sample("answered_by_second", 1.0)], address)
    try:
        assert read()("answered_by_first") == 1
        first.leave(one)

        def second_answers():
            assert read()("answered_by_second") == 1

        until(second_answers)
    finally:
        second.leave(other)


def test_samples_of_plugins_become_families_and_those_without_a_name_are_left_out():
    samples = [
        Sample("budget", 4.5, "Calls left.", labels={"team": 'a"b'}),
        Sample("budget", 1.0, "Calls left.", labels={"team": "c", "day": "1"}),
        Sample("spent_total", 7.0, kind="counter"),
        Sample("of no kind", 1.0, kind="riddle"),
    ]
    found = {
        family.name: (family.type, [tuple(each[:3]) for each in family.samples])
        for family in families(samples)
    }
    assert found == {
        "budget": (
            "gauge",
            [("budget", {"team": 'a"b', "day": ""}, 4.5), ("budget", {"team": "c", "day": "1"}, 1.0)],
        ),
        "spent": ("counter", [("spent_total", {}, 7.0)]),
    }


def test_a_start_deletes_what_dead_processes_left_and_keeps_the_files_of_the_living(tmp_path, monkeypatch):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path / "counts"))
    directory.clean()
    for name in (f"counter_{dead.pid}", f"gauge_all_{dead.pid}", f"counter_{living.pid}", "notes_of_mine"):
        (tmp_path / "counts" / f"{name}.db").touch()
    (tmp_path / "counts" / f"gauge_livesum_{dead.pid}.db").touch()

    def left():
        return {path.stem for path in (tmp_path / "counts").iterdir()}

    directory.bury_the_killed()
    assert f"gauge_livesum_{dead.pid}" not in left()
    assert f"counter_{dead.pid}" in left()
    directory.clean()
    after = left()
    living.communicate(b"\n")
    assert after == {f"counter_{living.pid}", "notes_of_mine"}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", Address("127.0.0.1", 9464)),
        ("0.0.0.0:9464", Address("0.0.0.0", 9464)),
        ("[::1]:9464", Address("::1", 9464)),
        ("", None),
    ],
)
def test_an_address_is_a_port_or_a_host_and_a_port(monkeypatch, text, address):
    monkeypatch.setenv("DJ_QUEUE_PROMETHEUS_ADDRESS", text)
    assert configuration.address() == address


@pytest.mark.parametrize("text", ["metrics", "localhost:", "0", "70000", "9464:localhost"])
def test_what_is_no_address_is_an_error_of_manage_py_check(monkeypatch, text):
    monkeypatch.setenv("DJ_QUEUE_PROMETHEUS_ADDRESS", text)
    (finding,) = configuration.findings()
    assert finding.level == "error"
    assert repr(text) in finding.text


def test_an_address_without_a_directory_is_a_warning(monkeypatch, tmp_path):
    assert configuration.findings() == []
    monkeypatch.setenv("DJ_QUEUE_PROMETHEUS_ADDRESS", "9464")
    assert [finding.level for finding in configuration.findings()] == ["warning"]
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    assert configuration.findings() == []
