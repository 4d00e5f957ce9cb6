"""What grows is found, and what only moves is not taken for it."""

import random
import xml.etree.ElementTree as ElementTree

import pytest

from tests.faults.soak.charts import Chart, drawn
from tests.faults.soak.length import Length
from tests.faults.soak.samples import OfProcess, OfQueue, Samples
from tests.faults.soak.slope import fitted
from tests.faults.soak.verdict import MIB, judged

HOUR = 3600
EVERY = 10


def sampled(memory=60 * MIB, files=lambda moment: 10, connections=lambda moment: 8, rows=lambda moment: 1000):
    """An hour of samples of one process, and of the queue."""
    samples = Samples(services=None)
    for moment in range(0, HOUR, EVERY):
        size = memory(moment) if callable(memory) else memory
        samples.processes.append(OfProcess(moment, "worker", 1, size, files(moment), 10))
        samples.queue.append(OfQueue(moment, connections(moment), rows(moment), 0, 10, 0.001, 0.002))
    return samples


def growing(samples):
    return [(one.name, one.what) for one in judged(samples, Length(HOUR).warm_up) if not one.is_flat]


def test_what_is_flat_is_called_flat():
    assert growing(sampled()) == []


@pytest.mark.parametrize("jobs_a_second", [25])
def test_a_leak_of_a_hundred_bytes_a_job_is_found_within_an_hour(jobs_a_second):
    leak = sampled(memory=lambda moment: 60 * MIB + moment * jobs_a_second * 100)
    assert growing(leak) == [("worker 1", "memory")]


def test_noise_outliers_and_a_heap_that_settles_are_no_leak():
    chance = random.Random(1)

    def memory(moment):
        settling = 8 * MIB * min(moment, 600) / 600
        return 60 * MIB + settling + chance.randrange(MIB) + (200 * MIB if chance.random() < 0.02 else 0)

    assert growing(sampled(memory=memory)) == []


@pytest.mark.parametrize("what", ["files", "connections"])
def test_a_file_or_a_connection_lost_now_and_then_is_found(what):
    leak = sampled(**{what: lambda moment: 10 + moment // 900})
    assert [found for _, found in growing(leak)] == [what]


def test_rows_may_swing_with_the_retention_and_may_not_pile_up():
    assert growing(sampled(rows=lambda moment: 1000 + moment % 60 * 10)) == []
    assert growing(sampled(rows=lambda moment: 1000 + moment)) == [("queue", "rows")]


def test_a_process_that_was_killed_early_is_not_judged():
    samples = sampled()
    samples.processes += [
        OfProcess(moment, "worker", 2, moment * MIB, 1, 1) for moment in range(1000, 1300, EVERY)
    ]
    assert growing(samples) == []


def test_a_line_needs_points_and_says_what_it_went_through():
    with pytest.raises(ValueError, match="2 points"):
        fitted([(0, 1), (1, 2)])
    line = fitted([(moment, 5 + 2 * moment) for moment in range(1000)])
    assert (line.per_hour, line.rise, line.level) == (7200, 1998, 1004)
    assert (line.seconds, line.samples) == (999, 1000)


def test_a_chart_is_a_picture_with_all_its_lines():
    chart = Chart("latency <now>", "ms", {"p50": [(0, 1), (60, 2)], "p99": [(0, 3), (60, 9)]}, 20)
    root = ElementTree.fromstring(drawn(chart))
    names = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert len(list(root.iter("{http://www.w3.org/2000/svg}polyline"))) == 2
    assert {"latency <now>, ms", "p50", "p99", "1.0 min"} <= set(names)
