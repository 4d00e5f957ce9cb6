"""What the benchmark says while it runs; tables go to the standard output, this to the other one."""

import sys
from collections.abc import Mapping

from bench.measurement import METRICS
from bench.tables import number


def tell(text: str) -> None:
    """One line for whoever waits."""
    print(f"==> {text}", file=sys.stderr, flush=True)


def tell_values(name: str, values: Mapping[str, float], others: float | None) -> None:
    """What one measurement found."""
    shown = [
        f"{METRICS[metric].label} {number(value, METRICS[metric].digits)} {METRICS[metric].unit}"
        for metric, value in values.items()
    ]
    cores = "unknown" if others is None else f"{others:.2f} cores"
    print(f"    {name}: {', '.join(shown)}; others {cores}", file=sys.stderr, flush=True)
