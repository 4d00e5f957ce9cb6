"""The demo's summary, computed from the stored results alone."""

import platform
from heapq import nlargest
from typing import Any

from demo_screen import Screen
from django.tasks import TaskResult

LONGEST = 5


def report(screen: Screen, census: list[TaskResult], lone_job_seconds: float) -> None:
    """Show what the jobs found and how fast they ran."""
    found = [result.return_value for result in census]
    screen.facts({"The standard library": library(found), "The queue": pace(census, lone_job_seconds)})
    functions = [{**facts["longest"], "module": facts["module"]} for facts in found if facts["longest"]]
    longest = nlargest(LONGEST, functions, key=lambda function: function["lines"])
    screen.table(
        "The longest functions",
        {"function": "left", "module": "left", "lines": "right"},
        [(f["name"], f"{f['module']}:{f['line']}", f"{f['lines']:,}") for f in longest],
    )


def library(found: list[dict[str, Any]]) -> dict[str, str]:
    """What the census counted."""
    unparsable = sum(facts["unparsable"] is not None for facts in found)
    rows = {
        "Python": platform.python_version(),
        "modules": f"{len(found):,}",
        "no Python, on purpose": f"{unparsable:,}",
    }
    return rows | {
        name: f"{sum(facts[name] for facts in found):,}" for name in ("lines", "functions", "classes")
    }


def pace(census: list[TaskResult], lone_job_seconds: float) -> dict[str, str]:
    """How the jobs of the census went through the queue."""
    first = min(result.started_at for result in census)
    last = max(result.finished_at for result in census)
    seconds = (last - first).total_seconds()
    working = sum((result.finished_at - result.started_at).total_seconds() for result in census)
    return {
        "jobs of the census": f"{len(census):,}",
        "worker processes": f"{len({result.worker_ids[-1] for result in census})}",
        "seconds, first to last": f"{seconds:.1f}",
        "jobs a second": f"{len(census) / max(seconds, 0.001):,.0f}",
        "ms a job, parsing": f"{working / len(census) * 1000:.1f}",
        "ms for a lone job": f"{lone_job_seconds * 1000:.0f}",
    }
