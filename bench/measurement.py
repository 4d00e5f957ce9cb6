"""What was measured: one repetition of one case, and the medians of several."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

DISTURBED = 0.25
"""Cores that others used during a measurement from which on it counts as disturbed."""


@dataclass(frozen=True, slots=True)
class Metric:
    """How one kind of figure is shown and judged."""

    label: str
    unit: str
    digits: int
    more_is_better: bool = False


METRICS = {
    "jobs_per_second": Metric("rate", "jobs/s", 0, more_is_better=True),
    "cpu_ms_per_job": Metric("CPU of the workers", "ms a job", 3),
    "p50_ms": Metric("p50", "ms", 2),
    "p99_ms": Metric("p99", "ms", 2),
    "cpu_ms_per_second": Metric("CPU of the process tree", "ms a second", 1),
    "transactions_per_second": Metric("transactions", "per second", 1),
    "statements_per_second": Metric("statements, server-wide", "per second", 1),
    "seconds": Metric("time", "s", 2),
}


@dataclass(frozen=True, slots=True)
class Measurement:
    """One repetition: `values` by the names of METRICS; `others` are the cores that others used meanwhile."""

    subject: str
    workload: str
    case: str
    amount: int
    values: Mapping[str, float]
    others: float | None


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What two figures have in common that may be compared."""

    subject: str
    workload: str
    case: str
    metric: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The median of the repetitions of one figure, and how far they were apart."""

    amount: int
    middle: float
    low: float
    high: float
    others: float | None

    @property
    def disturbed(self) -> bool:
        """Whether others used so much of the machine that the figure says little; True where nobody knows."""
        return self.others is None or self.others > DISTURBED


def summarise(measurements: Iterable[Measurement]) -> dict[Key, Summary]:
    """The medians, in the order in which the figures were first measured."""
    grouped: dict[Key, list[tuple[Measurement, float]]] = {}
    for found in measurements:
        for metric, value in found.values.items():
            key = Key(found.subject, found.workload, found.case, metric)
            grouped.setdefault(key, []).append((found, value))
    return {key: _summary(pairs) for key, pairs in grouped.items()}


def _summary(pairs: list[tuple[Measurement, float]]) -> Summary:
    values = [value for _, value in pairs]
    others = [found.others for found, _ in pairs]
    known = [cores for cores in others if cores is not None]
    typical = median(known) if len(known) == len(others) else None
    return Summary(pairs[0][0].amount, median(values), min(values), max(values), typical)


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of all values do not exceed.

    Raises:
        ValueError: there are no values.
    """
    ordered = sorted(values)
    if not ordered:
        raise ValueError("no values")
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]
