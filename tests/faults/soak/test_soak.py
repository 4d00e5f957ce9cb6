"""Mixed load with faults for as long as it is asked for: nothing grows, and every promise holds at the end."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.faults.conftest import GOOD_TIME, ROOT
from tests.faults.footprint import children
from tests.faults.oracle import Allowances
from tests.faults.server_connections import end_a_connection
from tests.faults.soak import length as lengths
from tests.faults.soak.charts import Chart, drawn
from tests.faults.soak.producer import ENOUGH, SPARED
from tests.faults.soak.samples import Samples
from tests.faults.soak.verdict import MIB, judged
from tests.faults.soak.victims import Turns, kill_a_worker
from tests.runtime.where import only_on

NODES = ("killed node", "calm node")
"""Workers of the first are killed; processes of the second live through all of it."""
PAUSE = 0.02
"""Seconds between two enqueues."""
ENDING = 600
OPTIONS = """
workers: [{{queues: '*', threads: 3, processes: 1}}]
clear_finished_jobs_after: {kept}
clear_failed_jobs_after: {kept}
clear_recurring_executions_after: {longer}
recurring:
  each_second: {{task_path: tests.project.tasks.add, schedule: "* * * * * *", args: [1, 2]}}
  each_five: {{task_path: tests.project.tasks.add, schedule: "*/5 * * * * *", args: [1, 2]}}
"""


@pytest.fixture
def producer(backend_alias, written):
    """A process that enqueues until `.finish()`."""
    command = [sys.executable, "-m", "tests.faults.soak.producer", backend_alias, written.folder, PAUSE]
    process = subprocess.Popen([*map(str, command)], cwd=ROOT)

    def finish():
        (written.folder / ENOUGH).touch()
        assert process.wait(GOOD_TIME) == 0

    process.finish = finish
    yield process
    if process.poll() is None:
        process.kill()
    process.wait()


@pytest.fixture
def folder(tmp_path, backend_alias):
    """Where samples, charts and the verdict go."""
    root = Path(os.environ.get(lengths.FOLDER, tmp_path / "soak"))
    path = root / backend_alias
    path.mkdir(parents=True, exist_ok=True)
    return path


class Soak:
    """Load, faults and samples until the time is over."""

    def __init__(self, services, fleet, written, length):
        self._services, self._fleet, self._written, self._length = services, fleet, written, length
        self.samples = Samples(services)
        self.killed = self.ended = 0

    def run(self, producer):
        """Go on for as long as it is to last."""
        kills, ends = Turns(self._length.between_kills), Turns(self._length.between_ended_connections)
        looks = Turns(self._length.between_samples)
        tells = Turns(60)
        over = time.monotonic() + self._length.load
        while time.monotonic() < over:
            self._fleet.keep_up()
            if looks.are_due:
                nodes = dict(zip(NODES, (node.pid for node in self._fleet.supervisors), strict=True))
                self.samples.take(nodes, {"producer": producer.pid})
            if kills.are_due:
                self.killed += kill_a_worker(self._victims(), self._written)
            if ends.are_due:
                spared = {int((self._written.folder / SPARED).read_text())}
                self.ended += end_a_connection(self._services.database.alias, spared)
            if tells.are_due and lengths.is_asked_for():
                print(f"\n{self._services.alias}: {self.samples.queue[-1]}", flush=True)
            time.sleep(0.1)

    def _victims(self):
        of_node = set(children(self._fleet.supervisors[0].pid))
        return [pid for pid in self._fleet.pids("worker") if pid in of_node]


@pytest.mark.fault(49)
@pytest.mark.timeout(lengths.length().load + ENDING)
@pytest.mark.every_server
@only_on(*lengths.backend_aliases())
def test_hours_of_mixed_load_with_faults_leave_nothing_grown_and_nothing_broken(
    services, fleet, wait_until, producer, written, settle, hold_to_promises, figures, folder
):
    length = lengths.length()
    fleet.launch(len(NODES), options=OPTIONS.format(kept=length.kept, longer=2 * length.kept))
    wait_until(lambda: len(fleet.pids("worker")) == len(NODES), GOOD_TIME)
    wait_until(
        lambda: (written.folder / SPARED).exists() and (written.folder / SPARED).read_text(), GOOD_TIME
    )
    soak = Soak(services, fleet, written, length)
    soak.run(producer)
    producer.finish()
    settle(ENDING)
    series = judged(soak.samples, length.warm_up)
    keep(folder, soak, series, length)
    figures.note("killed processes", soak.killed)
    figures.note("connections ended", soak.ended)
    figures.most("seconds of mixed load", length.load)
    hold_to_promises(Allowances(is_pruned=True))
    assert {one.what for one in series} == {"connections", "rows", "memory", "files", "threads"}
    assert soak.killed > 0
    if lengths.is_asked_for():
        assert [str(one) for one in series if not one.is_flat] == []


def keep(folder, soak, series, length):
    """Write samples, charts and the verdict, and say it."""
    soak.samples.write(folder)
    for chart in charts(soak.samples, length.warm_up):
        (folder / f"{chart.title.replace(' ', '-')}.svg").write_text(drawn(chart))
    told = [{**asdict(one), "is_flat": one.is_flat, "text": str(one)} for one in series]
    verdict = {
        "seconds": length.load,
        "warm-up": length.warm_up,
        "killed": soak.killed,
        "connections ended": soak.ended,
        "series": told,
    }
    (folder / "verdict.json").write_text(json.dumps(verdict, indent=1))
    print(f"\n{folder}: {soak.killed} workers killed, {soak.ended} connections ended")
    print("\n".join(f"{'flat' if one.is_flat else 'GROWS'}  {one}" for one in series), flush=True)


def charts(samples, warm_up):
    """Each of what was sampled over time."""
    for what, unit, scale in (("memory", "MiB", MIB), ("files", "open", 1), ("threads", "running", 1)):
        lines = {}
        for one in samples.processes:
            lines.setdefault(f"{one.name} {one.pid}", []).append((one.moment, getattr(one, what) / scale))
        yield Chart(what, unit, lines, warm_up)
    for title, unit, names, scale in (
        ("latency", "ms from ready to started", ("p50", "p99"), 0.001),
        ("connections", "to the database", ("connections",), 1),
        ("rows", "jobs", ("rows", "waiting"), 1),
    ):
        yield Chart(title, unit, {name: _points(samples.queue, name, scale) for name in names}, warm_up)


def _points(samples, name, scale):
    found = [(one.moment, getattr(one, name)) for one in samples]
    return [(moment, value / scale) for moment, value in found if value is not None]
