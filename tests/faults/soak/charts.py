"""Lines over time as SVG, drawn by plain code: one file that follows the reader's light or dark scheme."""

from dataclasses import dataclass
from html import escape

WIDTH, LEFT, RIGHT, TOP, HEIGHT, ROW = 860, 70, 20, 44, 240, 17
STYLE = """\
.card { fill: #ffffff; stroke: #d0d7de } text { fill: #1f2328; font: 12px system-ui, sans-serif }
.title { font-size: 15px; font-weight: 600 } .axis { stroke: #d0d7de } .warm { fill: #7f7f7f; opacity: 0.12 }
@media (prefers-color-scheme: dark) {
.card { fill: #15191f; stroke: #3d444d } text { fill: #e6edf3 } .axis { stroke: #3d444d } }"""
COLUMNS = 3
GOLDEN = 137.5
"""Degrees between the hues of two lines: neighbours are never alike, however many there are."""


@dataclass(frozen=True)
class Chart:
    """Named lines of (seconds, value) points, and the seconds of the warm-up."""

    title: str
    unit: str
    lines: dict
    warm_up: float


def drawn(chart):
    """The chart as the text of an SVG file."""
    points = [point for line in chart.lines.values() for point in line]
    last, top = max(x for x, _ in points) or 1, max(y for _, y in points) or 1
    across, up = (WIDTH - LEFT - RIGHT) / last, HEIGHT / (top * 1.05)
    base = TOP + HEIGHT
    parts = [
        f'<rect class="warm" x="{LEFT}" y="{TOP}" width="{min(chart.warm_up, last) * across:.1f}" height="{HEIGHT}"/>',
        *_grid(top, up, base),
        _text(LEFT, base + 18, "0"),
        _text(WIDTH - RIGHT, base + 18, f"{last / 60:.1f} min", "end"),
    ]
    for index, (name, line) in enumerate(chart.lines.items()):
        colour = f"hsl({index * GOLDEN % 360:.0f} 65% 50%)"
        path = " ".join(f"{LEFT + x * across:.1f},{base - y * up:.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.3"/>')
        x, y = LEFT + index % COLUMNS * 255, base + 42 + index // COLUMNS * ROW
        parts.append(f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(_text(x + 15, y, name))
    return _document(chart, parts, base + 42 + -(-len(chart.lines) // COLUMNS) * ROW)


def _grid(top, up, base):
    for share in (0, 0.25, 0.5, 0.75, 1):
        y = base - top * share * up
        yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(LEFT - 8, y + 4, f"{top * share:.3g}", "end")


def _text(x, y, text, anchor="start"):
    return f'<text x="{x:.0f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(chart, parts, height):
    label = escape(f"{chart.title}, {chart.unit}")
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
            f'role="img" aria-label="{label}">',
            f"<style>\n{STYLE}\n</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
            f'<text class="title" x="16" y="25">{label}</text>',
            *parts,
            "</svg>",
            "",
        ]
    )
