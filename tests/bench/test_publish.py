"""Results go between the marks of the pages, and what the pages show is what was measured."""

from dataclasses import replace

import pytest

from bench.measurement import METRICS, summarise
from bench.pages import COMPARISON, PERFORMANCE, Block, Page
from bench.peers.peer import PEERS
from bench.plans import Bar, ByCase, BySubject
from bench.publish import BLOCK, fill, publish
from bench.store import Results
from bench.workloads import ALL
from tests.docs import pages

HEADINGS = {"sqlite": "SQLite 3", "postgres": "PostgreSQL 18"}
PLAN = BySubject("rate", "Drain", "drain", (Bar("threads", "threads", "jobs_per_second"),))
TEXT = """Before
<!-- bench: machine -->
<!-- end of bench -->
between
<!-- bench: drain -->
old figures
<!-- end of bench -->
after
"""


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.md"
    path.write_text(TEXT)
    return Page(path, {"drain": Block("drain", (PLAN,))})


@pytest.fixture
def results(measured):
    found = (measured(1000.0), measured(3000.0, subject="postgres", others=2.0))
    return Results("2026-03-09T08:07:06+00:00", 1, "2 cores", HEADINGS, found)


def test_a_page_is_filled_and_its_charts_are_drawn(page, results):
    publish(results, page)
    text = page.path.read_text()

    assert "old figures" not in text
    assert ["drain: threads", "rate, jobs/s", "1,000", "3,000 ~"] in pages.rows(text)
    assert "2026-03-09: 2 cores; SQLite 3, PostgreSQL 18." in text
    assert "A mark at 1 of 2 figures" in text
    [image] = pages.LINK.findall(text)
    assert "PostgreSQL 18" in (page.path.parent / image).read_text()


def test_publishing_twice_changes_nothing(page, results):
    publish(results, page)
    once = page.path.read_text()
    publish(results, page)

    assert page.path.read_text() == once


def test_a_workload_that_was_not_measured_is_not_published(page, results):
    with pytest.raises(ValueError, match="drain was not measured"):
        publish(replace(results, measurements=()), page)

    assert page.path.read_text() == TEXT


@pytest.mark.parametrize("blocks", [{"machine": ""}, {"machine": "", "drain": "", "latency": ""}])
def test_marks_and_blocks_name_the_same(blocks):
    with pytest.raises(ValueError, match="differ in"):
        fill(TEXT, blocks)


def test_a_chart_by_case_has_a_bar_for_each_database(results):
    plan = ByCase("flat", "Drain", "drain", PLAN.bars)
    chart = plan.chart(summarise(results.measurements), HEADINGS)

    assert list(chart.series) == list(HEADINGS.values())
    assert chart.values == {"threads": [1000.0, 3000.0]}


@pytest.mark.parametrize("page", [PERFORMANCE, COMPARISON], ids=lambda page: page.path.stem)
def test_the_page_of_the_documentation_has_a_place_for_every_block(page):
    named = {found[2] for found in BLOCK.finditer(page.path.read_text())}

    assert named == {"machine", *page.blocks}


def test_every_workload_is_shown():
    assert {block.workload for block in PERFORMANCE.blocks.values()} == {workload.name for workload in ALL}


def test_charts_show_cases_that_are_measured():
    cases = {(workload.name, case.name) for workload in ALL for case in workload.cases}
    shown = {
        (plan.workload, bar.case)
        for block in PERFORMANCE.blocks.values()
        for plan in block.charts
        for bar in plan.bars
    }

    assert shown <= cases


def test_the_comparison_names_every_peer_and_how_it_ran():
    text = COMPARISON.path.read_text()

    for peer in PEERS:
        assert peer.heading in text


def test_metrics_say_their_unit():
    assert all(metric.unit for metric in METRICS.values())
