"""Whether a series of samples goes up: a line through it that single outliers do not turn."""

from dataclasses import dataclass
from itertools import combinations
from statistics import median

MOST_POINTS = 400
"""Points that a line is fitted through; more of them are first joined to medians of neighbours."""


@dataclass(frozen=True)
class Line:
    """What was fitted: by how much the series rises an hour, and between its first and its last sample."""

    per_hour: float
    rise: float
    level: float
    """The median of the samples."""
    seconds: float
    samples: int


def fitted(points):
    """The line through (seconds, value) points whose slope is the median of all slopes between two of them.

    Raises:
        ValueError: there are fewer than three points.
    """
    if len(points) < 3:
        raise ValueError(f"no line through {len(points)} points")
    joined = _joined(sorted(points))
    slopes = [
        (b - a) / (later - sooner) for (sooner, a), (later, b) in combinations(joined, 2) if later > sooner
    ]
    slope = median(slopes)
    seconds = max(moment for moment, _ in points) - min(moment for moment, _ in points)
    return Line(slope * 3600, slope * seconds, median(value for _, value in points), seconds, len(points))


def _joined(points):
    size = -(-len(points) // MOST_POINTS)
    groups = [points[start : start + size] for start in range(0, len(points), size)]
    return [(median(p[0] for p in group), median(p[1] for p in group)) for group in groups]
