"""Which figures a chart shows, and how they are laid out."""

from collections.abc import Mapping
from dataclasses import dataclass

from bench.charts import Chart
from bench.measurement import METRICS, Key, Summary


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure of a workload: a case and a metric of it, and what the chart calls it."""

    label: str
    case: str
    metric: str


@dataclass(frozen=True, slots=True)
class BySubject:
    """A group of bars for each database or peer."""

    name: str
    title: str
    workload: str
    bars: tuple[Bar, ...]

    def chart(self, figures: Mapping[Key, Summary], headings: Mapping[str, str]) -> Chart:
        """The chart of these figures."""
        rows = {
            heading: [_middle(figures, subject, self.workload, bar) for bar in self.bars]
            for subject, heading in headings.items()
        }
        shown = METRICS[self.bars[0].metric]
        return Chart(self.title, shown.unit, shown.digits, [bar.label for bar in self.bars], rows)


@dataclass(frozen=True, slots=True)
class ByCase(BySubject):
    """A group of bars for each case, a bar in it for each database."""

    def chart(self, figures: Mapping[Key, Summary], headings: Mapping[str, str]) -> Chart:
        """The chart of these figures."""
        rows = {
            bar.label: [_middle(figures, subject, self.workload, bar) for subject in headings]
            for bar in self.bars
        }
        shown = METRICS[self.bars[0].metric]
        return Chart(self.title, shown.unit, shown.digits, list(headings.values()), rows)


def _middle(figures: Mapping[Key, Summary], subject: str, workload: str, bar: Bar) -> float | None:
    summary = figures.get(Key(subject, workload, bar.case, bar.metric))
    return summary.middle if summary else None
