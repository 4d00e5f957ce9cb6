"""What a workload is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.target import Target


@dataclass(frozen=True, slots=True)
class Case:
    """One way to measure: `measure(target, amount)` works on an emptied database and returns values by metric."""

    name: str
    amount: int
    measure: Callable[[Target, int], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Workload:
    """Cases that belong together."""

    name: str
    cases: tuple[Case, ...]
