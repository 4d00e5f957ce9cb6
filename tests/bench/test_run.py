"""Small real runs: real workers, real figures."""

import os

import pytest

from bench import store
from tests.docs.pages import ROOT

POSTGRES = pytest.mark.skipif(
    not os.environ.get("DJ_QUEUE_TEST_POSTGRES_URL"), reason="peers are measured on PostgreSQL"
)
WAIT = "wait 100 ms"
SMALL = ("--repetitions", "1", "--scale", "0.02")


def test_workers_are_measured_and_compared_with_the_run_before(run_bench, tmp_path):
    arguments = ("--databases", "sqlite", "--only", f"enqueue,drain,{WAIT}", *SMALL)
    first = run_bench(*arguments, "--json", tmp_path / "first.json")
    assert first.returncode == 0, first.stderr
    second = run_bench(
        "--only", "enqueue", "--databases", "sqlite", *SMALL, "--against", tmp_path / "first.json"
    )

    results = store.read(tmp_path / "first.json")
    assert [found.case for found in results.measurements if found.workload == "drain"] == [
        "1 process, threads",
        "1 process, asyncio",
        "2 processes, threads",
        "4 processes, threads",
    ]
    assert all(
        found.values["jobs_per_second"] > 0 for found in results.measurements if found.workload != WAIT
    )
    assert [found.values["seconds"] for found in results.measurements if found.workload == WAIT] > [0.1]
    assert all(found.others is not None for found in results.measurements)
    assert results.subjects["sqlite"].startswith("SQLite 3")
    assert " x" in second.stdout
    assert "above 1 is better" in second.stdout


def test_latency_idle_cost_and_flat_cost_are_measured(run_bench, tmp_path):
    result = run_bench(
        "--databases", "sqlite", "--only", "latency,idle,claim 5 jobs", *SMALL, "--json", tmp_path / "a.json"
    )
    assert result.returncode == 0, result.stderr

    found = {each.case: each.values for each in store.read(tmp_path / "a.json").measurements}
    assert len(found) == 8
    assert 0 < found["enqueue to start"]["p50_ms"] <= found["enqueue to start"]["p99_ms"]
    assert all(
        found[case]["p50_ms"] > 0 for case in ("nothing else", "200 queues, 100 paused", "an old transaction")
    )


def test_a_run_leaves_nothing_behind(run_bench):
    before = {path.name for path in (ROOT / ".cache").glob("bench-*")}
    run_bench("--databases", "sqlite", "--only", "enqueue", *SMALL)

    assert {path.name for path in (ROOT / ".cache").glob("bench-*")} <= before


@POSTGRES
def test_this_project_is_measured_as_its_peers_are(run_bench, tmp_path):
    result = run_bench("--peers", "this", *SMALL, "--json", tmp_path / "peers.json")
    assert result.returncode == 0, result.stderr

    results = store.read(tmp_path / "peers.json")
    assert [found.workload for found in results.measurements] == ["enqueue", "enqueue", "drain", "latency"]
    assert all(value > 0 for found in results.measurements for value in found.values.values())


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (("--databases", "oracle"), "there is no database oracle"),
        pytest.param(("--peers", "carrot"), "there is no peer carrot", marks=POSTGRES),
    ],
)
def test_what_is_not_there_is_refused_by_name(run_bench, arguments, answer):
    result = run_bench(*arguments)

    assert result.returncode == 1
    assert answer in result.stderr
