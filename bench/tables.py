"""Medians as a Markdown table: a row for each figure, a column for each database or peer."""

from collections.abc import Iterable, Mapping

from bench.measurement import METRICS, Key, Summary

NOTHING = "-"
DISTURBED_MARK = "~"
NOTE = f"`{DISTURBED_MARK}` others used much of the machine meanwhile"


def table(
    summaries: Mapping[Key, Summary],
    headings: Mapping[str, str],
    factors: Mapping[Key, float] | None = None,
) -> str:
    """A table whose columns are the subjects of `headings`; `factors` are shown beside the figures they belong to."""
    rows = [
        [*_labels(name), *(_cell(summaries, Key(subject, *name), factors or {}) for subject in headings)]
        for name in _names(summaries)
    ]
    return _markdown([["what", "figure", *headings.values()], *rows])


def of_workload(summaries: Mapping[Key, Summary], workload: str) -> dict[Key, Summary]:
    """The figures of one workload."""
    return {key: summary for key, summary in summaries.items() if key.workload == workload}


def number(value: float, digits: int) -> str:
    """A figure as people read it: thousands apart, and small ones not rounded to nothing."""
    if 0 < value < 10**-digits:
        digits += 2
    return f"{value:,.{digits}f}"


def _names(summaries: Iterable[Key]) -> list[tuple[str, str, str]]:
    """Workload, case and metric of each row, in the order measured; all figures of a case together."""
    names = dict.fromkeys((key.workload, key.case, key.metric) for key in summaries)
    cases = list(dict.fromkeys((workload, case) for workload, case, _ in names))
    return sorted(names, key=lambda name: cases.index(name[:2]))


def _labels(name: tuple[str, str, str]) -> tuple[str, str]:
    workload, case, metric = name
    shown = METRICS[metric]
    return (f"{workload}: {case}" if case else workload, f"{shown.label}, {shown.unit}")


def _cell(summaries: Mapping[Key, Summary], key: Key, factors: Mapping[Key, float]) -> str:
    summary = summaries.get(key)
    if summary is None:
        return NOTHING
    digits = METRICS[key.metric].digits
    text = number(summary.middle, digits)
    if summary.low != summary.high:
        text += f" ({number(summary.low, digits)} to {number(summary.high, digits)})"
    if key in factors:
        text += f" x{factors[key]:.2f}"
    return f"{text} {DISTURBED_MARK}" if summary.disturbed else text


def _markdown(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    rule = ["-" * width for width in widths]
    return "\n".join(_line(row, widths) for row in [rows[0], rule, *rows[1:]])


def _line(cells: Iterable[str], widths: list[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"
