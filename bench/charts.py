"""Bar charts as SVG, drawn by plain code: one file that follows the reader's light or dark scheme, and no dependency."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bench.tables import number

WIDTH, LEFT, RIGHT, TOP = 720, 190, 90, 58
BAR, GAP, BETWEEN_GROUPS, FOOT = 16, 4, 16, 14
STYLE = """\
.card { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328; font: 13px system-ui, sans-serif }
.title { font-size: 15px; font-weight: 600 } .small { font-size: 12px; fill: #59636e }
.s0 { fill: #2f6fdb } .s1 { fill: #d9822b } .s2 { fill: #2f9e6e } .s3 { fill: #8a63d2 }
@media (prefers-color-scheme: dark) {
.card { fill: #15191f; stroke: #3d444d } text { fill: #e6edf3 } .small { fill: #9aa4af }
.s0 { fill: #5b93f5 } .s1 { fill: #e69a4c } .s2 { fill: #4fc08d } .s3 { fill: #a98bea }
}"""
COLOURS = 4


@dataclass(frozen=True, slots=True)
class Chart:
    """Groups of bars: `values` holds for each group a figure for each series, or None where there is none."""

    title: str
    unit: str
    digits: int
    series: Sequence[str]
    values: Mapping[str, Sequence[float | None]]


def draw(chart: Chart) -> str:
    """The chart as the text of an SVG file.

    Raises:
        ValueError: there is no figure above zero, or there are more series than colours.
    """
    figures = [value for row in chart.values.values() for value in row if value is not None]
    if not figures or max(figures) <= 0:
        raise ValueError(f"{chart.title}: nothing to draw")
    if len(chart.series) > COLOURS:
        raise ValueError(f"{chart.title}: {len(chart.series)} series, there are {COLOURS} colours")
    scale = (WIDTH - LEFT - RIGHT) / max(figures)
    parts, y = _legend(chart), TOP
    for name, row in chart.values.items():
        middle = y + len(row) * (BAR + GAP) / 2
        parts.append(_text(LEFT - 10, middle, name, "end"))
        for index, value in enumerate(row):
            parts += _bar(index, value, y, scale, chart.digits)
            y += BAR + GAP
        y += BETWEEN_GROUPS
    return _document(chart, parts, y + FOOT - BETWEEN_GROUPS)


def _document(chart: Chart, parts: list[str], height: int) -> str:
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(chart.title)}, {escape(chart.unit)}">'
    )
    card = f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>'
    return "\n".join([opening, f"<style>\n{STYLE}\n</style>", card, *parts, "</svg>", ""])


def _legend(chart: Chart) -> list[str]:
    title = f"{chart.title}, {chart.unit}"
    parts = [f'<text class="title" x="16" y="25">{escape(title)}</text>']
    if len(chart.series) < 2:
        return parts
    x = 16.0
    for index, name in enumerate(chart.series):
        parts.append(f'<rect class="s{index}" x="{x:.0f}" y="36" width="10" height="10" rx="2"/>')
        parts.append(f'<text class="small" x="{x + 15:.0f}" y="45">{escape(name)}</text>')
        x += 36 + 6.6 * len(name)
    return parts


def _bar(index: int, value: float | None, y: float, scale: float, digits: int) -> list[str]:
    if value is None:
        return [_text(LEFT + 6, y + BAR / 2, "none", "start", "small")]
    width = max(1.0, value * scale)
    return [
        f'<rect class="s{index}" x="{LEFT}" y="{y:.0f}" width="{width:.1f}" height="{BAR}" rx="2"/>',
        _text(LEFT + width + 6, y + BAR / 2, number(value, digits), "start", "small"),
    ]


def _text(x: float, middle: float, text: str, anchor: str, style: str = "") -> str:
    chosen = f' class="{style}"' if style else ""
    return f'<text{chosen} x="{x:.0f}" y="{middle + 4.5:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
