"""Results into the documentation: charts as files, tables between the marks of a page."""

import re
from collections.abc import Mapping
from pathlib import Path

from bench.charts import draw
from bench.measurement import Key, Summary, summarise
from bench.pages import Block, Page
from bench.plans import BySubject
from bench.progress import tell
from bench.store import Results
from bench.tables import NOTE, of_workload, table

BLOCK = re.compile(r"^(<!-- bench: ([\w-]+) -->\n).*?^(<!-- end of bench -->)$", re.MULTILINE | re.DOTALL)
CHARTS = "charts"


def publish(results: Results, page: Page) -> None:
    """Draw the charts of a page and fill its blocks.

    Raises:
        ValueError: a block of the page shows what was not measured, or the page lacks one.
    """
    figures = summarise(results.measurements)
    blocks = {"machine": _machine(results, figures)}
    for name, block in page.blocks.items():
        blocks[name] = _block(block, figures, results.subjects, page.path.parent / CHARTS)
    page.path.write_text(fill(page.path.read_text(encoding="utf-8"), blocks), encoding="utf-8")
    tell(f"{page.path.name}: filled")


def fill(text: str, blocks: Mapping[str, str]) -> str:
    """The text with these blocks between its marks.

    Raises:
        ValueError: blocks and marks do not name the same.
    """
    named = {found[2] for found in BLOCK.finditer(text)}
    if named != set(blocks):
        raise ValueError(f"marks of the page and blocks differ in {', '.join(sorted(named ^ set(blocks)))}")
    return BLOCK.sub(lambda found: f"{found[1]}\n{blocks[found[2]]}\n\n{found[3]}", text)


def _block(block: Block, figures: Mapping[Key, Summary], headings: Mapping[str, str], folder: Path) -> str:
    shown = of_workload(figures, block.workload)
    if not shown:
        raise ValueError(f"{block.workload} was not measured")
    images = [_draw(plan, figures, headings, folder) for plan in block.charts]
    return "\n\n".join([*images, table(shown, headings)])


def _draw(plan: BySubject, figures: Mapping[Key, Summary], headings: Mapping[str, str], folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    chart = plan.chart(figures, headings)
    (folder / f"{plan.name}.svg").write_text(draw(chart), encoding="utf-8")
    return f"![{chart.title}, {chart.unit}]({CHARTS}/{plan.name}.svg)"


def _machine(results: Results, figures: Mapping[Key, Summary]) -> str:
    disturbed = sum(summary.disturbed for summary in figures.values())
    marks = f"{disturbed} of {len(figures)} figures bear this mark: {NOTE}." if disturbed else ""
    facts = f"Taken on {results.taken_at[:10]}: {results.machine}; {', '.join(results.subjects.values())}."
    times = f"Medians of {results.repetitions}, with the lowest and the highest in brackets."
    many = times if results.repetitions > 1 else "Measured once."
    marks = f"A mark at {disturbed} of {len(figures)} figures: {NOTE}." if disturbed else ""
    return " ".join(filter(None, (facts, many, marks)))
